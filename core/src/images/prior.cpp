#include "images/prior.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/constants.hpp"
#include "exact/logarithms.hpp"
#include "images/prior_lanes.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::images {

using weights::BadModel;
using weights::Json;

namespace {

constexpr size_t max_context = 4096;
constexpr size_t max_kernel = 511;
constexpr std::array<std::string_view, 4> patterns = {"full", "row", "column", "convolution"};
constexpr std::string_view full = patterns[0];

void require(bool condition, const char* what) {
    if (!condition) throw BadModel(what);
}

size_t size_of(const Json& config, std::string_view name, size_t most) {
    return static_cast<size_t>(weights::read_integer(config, name, 1, static_cast<int64_t>(most)));
}

RecordShape shape_of(const Json& config) {
    return {size_of(config, "num_tokens", format::max_caption_tokens),
            size_of(config, "text_length", format::max_text_length),
            size_of(config, "rows", format::max_record_side),
            size_of(config, "columns", format::max_record_side),
            size_of(config, "num_codes", format::max_image_codes)};
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    throw BadModel("the hash of the prior's autoencoder is damaged");
}

Autoencoder read_autoencoder(const Json& config) {
    const Json* const text = config.find("autoencoder");
    Autoencoder hash{};
    require(text != nullptr && text->text().size() == 2 * hash.size(),
            "the hash of the prior's autoencoder is damaged");
    for (size_t i = 0; i < hash.size(); ++i) {
        const int high = digit_of(text->text()[2 * i]), low = digit_of(text->text()[2 * i + 1]);
        hash[i] = static_cast<uint8_t>(16 * high + low);
    }
    return hash;
}

// log2(1 + i / 2**11) in units of 2**-10, rounded down: as many powers of 2 are at most 1 + i / 2**11,
// times 1/2, but the last.
std::vector<int32_t> logarithm_table(const Array<int32_t>& exp2) {
    std::vector<int32_t> table;
    const std::vector<int32_t> rising(std::make_reverse_iterator(exp2.data() + exp2.size()),
                                      std::make_reverse_iterator(exp2.data()));
    constexpr int shift = exact::exp2_table_bits - 1 - exact::logarithm_place_bits;
    for (size_t i = 0; i < exact::logarithm_table_size; ++i) {
        const auto number = static_cast<int64_t>(exact::logarithm_table_size + i) << shift;
        const auto found = std::upper_bound(rising.begin(), rising.end(), number,
                                            [](int64_t value, int32_t one) { return value < one; });
        table.push_back(static_cast<int32_t>(found - rising.begin()));
    }
    return table;
}

// Some outputs of a layer, which are what they are in the whole.
exact::Layer outputs_of(const exact::Layer& layer, size_t first, size_t count) {
    exact::Layer part = layer;
    part.parts.weight += first * layer.parts.num_inputs;
    part.parts.multiplier += first;
    part.parts.bias += first;
    part.parts.num_outputs = count;
    return part;
}

}  // namespace

Prior::Prior(const weights::Model& stored)
    : parts_(stored),
      records_(shape_of(stored.config)),
      kernel_(size_of(stored.config, "kernel", max_kernel)),
      autoencoder_(read_autoencoder(stored.config)),
      logarithms_(logarithm_table(parts_.powers)) {
    if (stored.architecture != architecture) {
        throw BadModel("it holds a model of architecture '" + stored.architecture +
                           "', which is no DALL-E prior",
                       BadModel::Kind::unsupported);
    }
    require(kernel_ % 2 == 1, "the prior's kernel is not odd");
    const transformer::Config& config = parts_.config;
    const size_t context = before() + records_.num_latents();
    require(context <= max_context, "the prior's captions and images are too long");
    require(!config.slides() && config.context == context &&
                config.alphabet_size == num_text_outputs() + 1 + records_.num_codes &&
                static_cast<size_t>(config.start_symbol) == num_text_outputs(),
            "the prior's transformer doesn't have the shape of its records");
    const exact::Layer& head = parts_.head.view();
    text_head_ = outputs_of(head, 0, num_text_outputs());
    image_head_ = outputs_of(head, static_cast<size_t>(first_code()), records_.num_codes);
    read_patterns(stored.config);
}

void Prior::read_patterns(const Json& config) {
    const Json* const names = config.find("patterns");
    require(names != nullptr && names->kind() == Json::Kind::array &&
                names->items().size() == parts_.config.num_layers,
            "the prior has not one pattern of attention for each layer");
    for (const Json& name : names->items()) {
        require(name.kind() == Json::Kind::string &&
                    std::find(patterns.begin(), patterns.end(), name.text()) != patterns.end(),
                "the prior has a pattern of attention that is not known");
        sights_.push_back(name.text() == full ? nullptr : sight_of(name.text()));
    }
}

const exact::Sight* Prior::sight_of(const std::string& pattern) {
    for (const auto& one : own_sights_) {
        if (one->pattern == pattern) return &one->view;
    }
    auto& made = own_sights_.emplace_back(std::make_unique<OwnSight>());
    made->pattern = pattern;
    see(*made);
    made->view = {made->bounds.data(), made->positions.data()};
    return &made->view;
}

// Every position sees those of the text before it, and of the image what its pattern says.
void Prior::see(OwnSight& sight) const {
    const size_t context = parts_.config.context, first = before();
    sight.bounds.push_back(0);
    for (size_t position = 0; position < context; ++position) {
        for (size_t other = 0; other <= position; ++other) {
            if (other < first || sees(sight.pattern, position - first, other - first)) {
                sight.positions.push_back(static_cast<int32_t>(other));
            }
        }
        sight.bounds.push_back(static_cast<int32_t>(sight.positions.size()));
    }
}

// Whether a code sees an earlier one, or itself.
bool Prior::sees(const std::string& pattern, size_t place, size_t other) const {
    const size_t columns = records_.columns;
    const size_t down = place / columns - other / columns;
    const size_t column = place % columns, other_column = other % columns;
    const size_t aside = column > other_column ? column - other_column : other_column - column;
    if (pattern == "row") return place - other <= columns;
    if (pattern == "column") return aside == 0;
    return down <= kernel_ / 2 && aside <= kernel_ / 2;
}

uint64_t Prior::predictor_bytes(size_t num_lanes, size_t num_symbols) const {
    return PriorLanes::num_bytes(*this, num_lanes, num_symbols);
}

std::unique_ptr<symbolwise::Predictor> Prior::predictor(size_t num_lanes, size_t num_groups,
                                                        const symbolwise::ForEach& for_each) const {
    return std::make_unique<PriorLanes>(*this, num_lanes, num_groups, for_each);
}

}  // namespace neurocomp::images
