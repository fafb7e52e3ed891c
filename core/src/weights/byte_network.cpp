#include "weights/byte_network.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "weights/tensors.hpp"

namespace neurocomp::weights {

namespace {

constexpr int32_t weight_limit = (1 << 19) - 1;
constexpr int32_t final_weight_limit = 1 << 20;

// Embeddings of n-grams stay as they are packed where a byte names a few of them.
network::HashedRows read_rows(const Model& model, size_t num_rows, size_t width) {
    const StoredTensor& tensor = find_tensor(model, "hashed.rows", {num_rows, width});
    if (!tensor.is_packed() || !tensor.packed().is_narrow()) {
        Array<uint8_t> bytes(tensor.num_elements(), PageSize::huge);
        copy_as(tensor, reinterpret_cast<int8_t*>(bytes.data()));
        return {std::move(bytes), width};
    }
    const Packed packed = tensor.packed();
    Array<uint8_t> groups(num_rows * packed.groups_per_row(), PageSize::huge);
    packed.unpack_groups({groups.data(), groups.size()});
    return {std::move(groups), packed.groups_per_row(), packed.group_size(),
            packed.narrow_groups()};
}

int small_integer(const Json& config, std::string_view name) {
    return static_cast<int>(read_integer(config, name, 1, std::numeric_limits<int>::max()));
}

network::Shape shape_of(const Json& config) {
    network::Shape shape{small_integer(config, "width"),
                         small_integer(config, "num_blocks"),
                         small_integer(config, "context"),
                         small_integer(config, "inner_width"),
                         read_integer(config, "epsilon", std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::max()),
                         {}};
    size_t num_members = 5;
    if (const Json* const tables = config.find("hashed")) {
        ++num_members;
        if (tables->kind() != Json::Kind::object) {
            throw BadModel("a network's tables of hashed n-grams are no table");
        }
        for (const auto& [length, bits] : tables->members()) {
            const std::optional<Json> number = Json::parse(length);
            const std::optional<int64_t> parsed = number ? number->integer() : std::nullopt;
            if (!parsed || *parsed < 0 || *parsed > network::max_context ||
                std::to_string(*parsed) != length) {
                throw BadModel("a network has a table that can't be");
            }
            shape.tables.push_back({static_cast<int>(*parsed), small_integer(*tables, length)});
        }
        std::sort(shape.tables.begin(), shape.tables.end(),
                  [](const auto& one, const auto& other) { return one.length < other.length; });
    }
    if (config.find("section_lanes") != nullptr) {
        ++num_members;
        shape.section_lanes = small_integer(config, "section_lanes");
    }
    if (config.members().size() != num_members) {
        throw BadModel("a network's configuration has members that are not known");
    }
    shape.check();
    return shape;
}

// One layer's tensors, read when the network packs them, and gone afterwards.
class LayerReader {
   public:
    LayerReader(const Model& model, const network::Shape& shape) : model_(model), shape_(shape) {}

    // The layers in their order: gates, out, up, down of each block, then the head.
    network::LayerTensors operator()(size_t index) {
        static constexpr std::array<const char*, 4> kinds = {"gates", "out", "up", "down"};
        const auto width = static_cast<size_t>(shape_.width);
        const auto inner = static_cast<size_t>(shape_.inner_width);
        const std::array<std::pair<size_t, size_t>, 4> sizes = {
            {{3 * width, width}, {width, width}, {inner, width}, {width, inner}}};
        const size_t block = index / kinds.size();
        const size_t kind = index % kinds.size();
        if (block == static_cast<size_t>(shape_.num_blocks)) {
            return read_layer("head.", network::alphabet_size, width);
        }
        return read_layer("blocks." + std::to_string(block) + "." + kinds[kind] + ".",
                          sizes[kind].first, sizes[kind].second);
    }

   private:
    network::LayerTensors read_layer(const std::string& prefix, size_t num_outputs,
                                     size_t num_inputs) {
        weight_ = read_tensor<int8_t>(model_, prefix + "weight", {num_outputs, num_inputs});
        multiplier_ = read_tensor<int64_t>(model_, prefix + "multiplier", {num_outputs});
        bias_ = read_tensor<int32_t>(model_, prefix + "bias", {num_outputs});
        const Array<int64_t> scale = read_tensor<int64_t>(model_, prefix + "scale", {1});
        return {weight_.data(), multiplier_.data(), bias_.data(), scale[0]};
    }

    const Model& model_;
    const network::Shape& shape_;
    Array<int8_t> weight_;
    Array<int64_t> multiplier_;
    Array<int32_t> bias_;
};

std::optional<StoredExperience> read_experience(const Model& model) {
    const auto is_of_mixers = [](const StoredTensor& one) {
        return one.name().starts_with("mixers.");
    };
    if (std::none_of(model.tensors.begin(), model.tensors.end(), is_of_mixers)) return std::nullopt;
    constexpr size_t num_histories = size_t{mix::num_contexts} * mix::num_histories;
    StoredExperience experience(
        read_tensor<int32_t>(model, "mixers.weights", {mix::num_rows, mix::num_inputs}),
        read_tensor<int32_t>(model, "mixers.final_weights", {mix::num_final_rows, mix::num_sets}),
        read_tensor<uint32_t>(model, "mixers.history_maps", {num_histories}),
        read_tensor<uint32_t>(model, "mixers.order0_map", {256}),
        read_tensor<uint32_t>(model, "mixers.match_maps", {mix::num_matches, mix::match_steps}));
    experience.check();
    return experience;
}

}  // namespace

StoredExperience::StoredExperience(Array<int32_t> weights, Array<int32_t> final_weights,
                                   Array<uint32_t> history_maps, Array<uint32_t> order0_map,
                                   Array<uint32_t> match_maps)
    : weights_(std::move(weights)),
      final_weights_(std::move(final_weights)),
      history_maps_(std::move(history_maps)),
      order0_map_(std::move(order0_map)),
      match_maps_(std::move(match_maps)) {}

void StoredExperience::check() const {
    const auto within = [](const Array<int32_t>& array, int32_t limit) {
        return std::all_of(array.data(), array.data() + array.size(),
                           [=](int32_t value) { return -limit <= value && value <= limit; });
    };
    if (!within(weights_, weight_limit) || !within(final_weights_, final_weight_limit)) {
        throw BadModel("what the mixers know is out of range");
    }
}

mix::Experience StoredExperience::view() const {
    return {weights_.data(), final_weights_.data(), history_maps_.data(), order0_map_.data(),
            match_maps_.data()};
}

ByteNetwork::ByteNetwork(const Model& model) {
    if (model.architecture != network_architecture) {
        throw BadModel("it holds a model of architecture '" + model.architecture +
                           "', which is no network of bytes",
                       BadModel::Kind::unsupported);
    }
    try {
        const network::Shape shape = shape_of(model.config);
        const auto width = static_cast<size_t>(shape.width);
        embeddings_ = read_tensor<int32_t>(
            model, "embeddings",
            {static_cast<size_t>(shape.context), network::alphabet_size, width});
        if (const size_t num_rows = shape.num_hashed_rows(); num_rows > 0) {
            hashed_ = read_rows(model, num_rows, width);
            scales_ = read_tensor<int32_t>(model, "hashed.scales", {num_rows});
        }
        gates_ = read_tensor<int32_t>(model, "gate", {network::table_size});
        silu_ = read_tensor<int32_t>(model, "silu", {network::table_size});
        exp2_ = read_tensor<int32_t>(model, "exp2", {network::exp2_size});
        const network::Tensors tensors{embeddings_.data(), &hashed_,     scales_.data(),
                                       gates_.data(),      silu_.data(), exp2_.data()};
        LayerReader layers(model, shape);
        network_.emplace(shape, tensors, std::ref(layers));
        stored_experience_ = read_experience(model);
    } catch (const std::invalid_argument& error) {
        throw BadModel(std::string("a network can't be computed exactly: ") + error.what());
    }
    if (stored_experience_) experience_ = stored_experience_->view();
}

std::shared_ptr<const ByteNetwork> make_network(const Model& model) {
    return std::make_shared<const ByteNetwork>(model);
}

}  // namespace neurocomp::weights
