#include "decoder/language_model.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

#include "decoder/symbol_models.hpp"
#include "transformer/model.hpp"
#include "weights/error.hpp"

namespace neurocomp::decoder {

using weights::BadModel;

namespace {

// Tokens of a line feed before a lane's bytes: neurocomp/models/language/model.py says why.
constexpr size_t num_line_feeds = 2;

// The configuration of what can be a model of bytes: seen to before anything large is read.
void check(const weights::Model& stored) {
    if (stored.architecture != transformer::architecture) {
        throw BadModel("it is no transformer", BadModel::Kind::mismatch);
    }
    const transformer::Config config(stored.config);
    if (!config.slides()) {
        throw BadModel("the transformer's window does not slide", BadModel::Kind::mismatch);
    }
    transformer::reach_of(config, {});
}

// Of tokens with the same bytes, the first has them, and tokens outside the alphabet are none.
language::Vocabulary read_vocabulary(const weights::Model& stored) {
    check(stored);
    const auto pairs = read_byte_pairs(stored);
    if (pairs == nullptr) {
        throw BadModel("the transformer has no vocabulary of bytes", BadModel::Kind::mismatch);
    }
    const size_t alphabet_size = transformer::Config(stored.config).alphabet_size;
    std::vector<uint8_t> bytes;
    std::vector<int32_t> starts = {0};
    std::unordered_set<std::string_view> known;
    for (size_t token = 0; token < alphabet_size; ++token) {
        if (pairs->has(token)) {
            const std::span<const uint8_t> content = pairs->content(token);
            const std::string_view text(reinterpret_cast<const char*>(content.data()),
                                        content.size());
            if (known.insert(text).second) {
                bytes.insert(bytes.end(), content.begin(), content.end());
            }
        }
        if (bytes.size() > size_t{std::numeric_limits<int32_t>::max()}) {
            throw BadModel("the vocabulary is too large");
        }
        starts.push_back(static_cast<int32_t>(bytes.size()));
    }
    try {
        return {bytes, starts};
    } catch (const std::invalid_argument& error) {
        throw BadModel(error.what());
    }
}

}  // namespace

LanguageModel::LanguageModel(const weights::Model& stored)
    : vocabulary_(read_vocabulary(stored)),
      parts_(stored, vocabulary_.order()),
      start_{parts_.config.start_symbol} {
    const std::vector<int32_t>& order = vocabulary_.order();
    const auto line_feed = std::find_if(order.begin(), order.end(), [this](int32_t token) {
        const std::span<const uint8_t> content = vocabulary_.content(token);
        return content.size() == 1 && content[0] == '\n';
    });
    start_.insert(start_.end(), num_line_feeds, *line_feed);  // each byte has a token
}

uint64_t LanguageModel::lane_cache_bytes(size_t window) const {
    const transformer::Config& config = parts_.config;
    const uint64_t vector = config.key_width() + sizeof(int32_t) * config.num_key_heads;
    return 2 * config.num_layers * vector * window;
}

}  // namespace neurocomp::decoder
