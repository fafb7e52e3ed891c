#include "decoder/language.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "coding/binary.hpp"
#include "decoder/language_lanes.hpp"
#include "language/mixture.hpp"
#include "transformer/model.hpp"
#include "weights/error.hpp"

namespace neurocomp::decoder {

using namespace frame;

namespace {

constexpr unsigned num_profiles = 2;
// Rotary positions reach twice as far.
constexpr uint64_t max_lane_bytes = uint64_t{1} << 19;
// More are taken only by a block that is too long for them.
constexpr uint64_t max_chosen = 32;
// Keys and values of all lanes.
constexpr uint64_t max_cache_bytes = uint64_t{1} << 31;

// text-l of release 0.1, whose say is a part of the family's revision.
constexpr uint8_t second_network[] = {
    0x71, 0x73, 0x8b, 0x28, 0x45, 0xea, 0x2f, 0x68, 0x0f, 0xa7, 0xe3, 0x0f, 0x20, 0x10, 0xc1, 0x23,
    0xb2, 0x42, 0x31, 0x47, 0x9e, 0x33, 0xf2, 0x0d, 0xd2, 0x49, 0x6b, 0x06, 0xf2, 0x1d, 0x8d, 0x71};

// Bytes of each lane.
std::vector<size_t> sizes_of(const BlockHead& head) {
    const uint64_t needed = (head.num_symbols + max_lane_bytes - 1) / max_lane_bytes;
    const uint64_t most = std::max(max_chosen, needed);
    require(head.num_lanes <= std::min<uint64_t>(most, max_language_lanes) &&
                head.num_lanes <= head.num_symbols,
            Fault::format, "the block has more lanes than a language model's");
    const size_t short_bytes = head.num_symbols / head.num_lanes;
    std::vector<size_t> sizes(head.num_lanes, short_bytes);
    for (size_t lane = 0; lane < head.num_symbols % head.num_lanes; ++lane) ++sizes[lane];
    require(sizes[0] <= max_lane_bytes, Fault::format,
            "a lane of the block is longer than its model reads");
    return sizes;
}

size_t window_of(const LanguageModel& model, const ModelEntry& entry) {
    try {
        return transformer::reach_of(model.config(), entry.parameters);
    } catch (const weights::BadModel& error) {
        fail(Fault::format, error.what());
    }
}

// Lanes whose keys and values are more than neurocomp itself takes.
void check_caches(const LanguageModel& model, size_t window, size_t num_lanes) {
    const uint64_t cache = model.lane_cache_bytes(window);
    if (num_lanes > 1 && num_lanes > max_cache_bytes / cache) {
        fail(Fault::unsupported, std::to_string(num_lanes) + " lanes of the language model have " +
                                     std::to_string(num_lanes * cache) +
                                     " bytes of keys and values, allowed are " +
                                     std::to_string(max_cache_bytes));
    }
}

// Of what tokens are coded by.
uint64_t coding_bytes(const language::Vocabulary& vocabulary, const Network* second,
                      uint64_t num_bytes, uint64_t num_lanes) {
    constexpr uint64_t most_ahead =
        32;  // rows of the network's steps, whether they are used or not
    constexpr uint64_t ends = uint64_t{8} << 20;
    const uint64_t contexts = mixture_bytes(num_bytes, num_lanes);
    const uint64_t first = contexts + ends + num_bytes + 9 * vocabulary.order().size();
    if (second == nullptr) return first;
    const uint64_t weights = sizeof(int32_t) * (256 * num_lanes + vocabulary.num_prefixes());
    return first + contexts + weights +
           lanes_bytes(second->network().shape(), std::max(num_lanes, most_ahead));
}

// Decodes the tokens of lanes, which hold their bytes then.
void decode_tokens(const LanguagePlan& plan, language::Mixture& mixture, Bytes payload,
                   const Crew& crew) {
    coding::Decoder decoder(payload.data(), payload.size());
    const language::Kernels& kernels = language::kernels();
    const bool is_sound = code_lanes(
        plan, mixture, crew.workers,
        [&](size_t first, exact::Matrix<const int32_t> logits, std::span<int32_t> tokens) {
            for (size_t i = 0; i < tokens.size(); ++i) {
                tokens[i] = 0;
                if (mixture.num_left(first + i) == 0) continue;
                tokens[i] = kernels.decode(mixture, first + i, decoder, logits.row(i));
                if (tokens[i] < 0) return false;
            }
            return true;
        });
    if (!is_sound) throw DamagedPayload("the payload ends within its tokens");
    if (!decoder.finish()) throw DamagedPayload("the payload is longer than its tokens");
}

}  // namespace

std::vector<uint8_t> decode_language(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                     const Models& models, MemoryBudget& memory, const Crew& crew) {
    const std::vector<size_t> sizes = sizes_of(head);
    const std::shared_ptr<const LanguageModel> model = models.language(entry);
    const size_t window = window_of(*model, entry);
    check_caches(*model, window, sizes.size());
    std::shared_ptr<const Network> network;
    std::optional<language::SecondModel> second;
    if (head.variant >= num_profiles) {
        network = models.network(second_network);
        second.emplace(language::SecondModel{network->network(), network->experience()});
    }
    const LanguagePlan plan(*model, window, sizes.size(), second.has_value(), crew);
    memory.take(head.num_symbols);
    MemoryBudget meanwhile = memory;
    meanwhile.take(
        coding_bytes(model->vocabulary(), network.get(), head.num_symbols, sizes.size()));
    meanwhile.take(plan.num_bytes());
    language::Mixture mixture(model->vocabulary(),
                              static_cast<mix::Profile>(head.variant % num_profiles), sizes,
                              second ? &*second : nullptr);
    decode_tokens(plan, mixture, payload, crew);
    const uint8_t* const bytes = mixture.tables.history.data();
    return {bytes, bytes + head.num_symbols};
}

}  // namespace neurocomp::decoder
