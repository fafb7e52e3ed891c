// Payloads of a small language model in lanes, with a small network of bytes beside it: what is decoded
// is coded as the same payload again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "coding/binary.hpp"
#include "decoder/language_lanes.hpp"
#include "input.hpp"
#include "transformer/model.hpp"
#include "weights/byte_network.hpp"

namespace {

using namespace neurocomp;

constexpr size_t max_bytes = 300;  // as many as take little time

weights::Model read_model(const std::vector<uint8_t>& file) {
    return weights::read_model(file, weights::Check::identity);
}

const decoder::LanguageModel& the_model() {
    static const std::vector<uint8_t> file =
        fuzz::read_file((std::string(FUZZED_MODELS) + "/language.safetensors").c_str());
    static const decoder::LanguageModel model(read_model(file));
    return model;
}

const weights::ByteNetwork& the_network() {
    static const std::vector<uint8_t> file = fuzz::read_file(FUZZED_NETWORK);
    static const weights::ByteNetwork network(read_model(file));
    return network;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const fuzz::Coded coded(data, size);
    const size_t num_bytes = std::min(coded.num_bytes, max_bytes);
    if (num_bytes == 0) return 0;
    const size_t num_lanes = std::min(coded.num_lanes, num_bytes);
    std::vector<size_t> sizes(num_lanes, num_bytes / num_lanes);
    for (size_t lane = 0; lane < num_bytes % num_lanes; ++lane) ++sizes[lane];

    const decoder::LanguageModel& model = the_model();
    const language::SecondModel network = {the_network().network(), the_network().experience()};
    const auto profile = static_cast<mix::Profile>(coded.variant % 2);
    const language::SecondModel* const second = coded.variant < 2 ? nullptr : &network;
    language::Mixture mixture(model.vocabulary(), profile, sizes, second);
    language::Mixture other(model.vocabulary(), profile, sizes, second);
    coding::Decoder reader(coded.payload.data(), coded.payload.size());
    std::vector<uint8_t> again(coded.payload.size());
    coding::Encoder writer(again.data(), again.size());

    const language::Kernels& kernels = language::kernels();
    decoder::Workers workers(1);
    const size_t window = transformer::reach_of(model.config(), {});
    const decoder::LanguagePlan plan(model, window, num_lanes, second != nullptr,
                                     decoder::Crew{workers, true});
    bool has_room = true;
    const bool is_sound = decoder::code_lanes(
        plan, mixture, workers,
        [&](size_t first, exact::Matrix<const int32_t> logits, std::span<int32_t> tokens) {
            for (size_t i = 0; i < tokens.size(); ++i) {
                tokens[i] = 0;
                if (mixture.num_left(first + i) == 0) continue;
                const int32_t token = kernels.decode(mixture, first + i, reader, logits.row(i));
                if (token < 0) return false;
                tokens[i] = token;
                has_room &= kernels.encode(other, first + i, writer, logits.row(i), token);
            }
            return true;
        });
    if (!is_sound || !reader.finish()) return 0;
    size_t written = 0;
    if (!has_room || !writer.finish(written) || written != again.size() ||
        !std::equal(again.begin(), again.end(), coded.payload.begin())) {
        std::abort();
    }
    return 0;
}
