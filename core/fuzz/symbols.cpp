// Payloads of models of symbols in lanes: what is decoded is coded as the same payload again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "adaptive/model.hpp"
#include "base/constants.hpp"
#include "base/damage.hpp"
#include "coding/arithmetic.hpp"
#include "coding/huffman.hpp"
#include "decoder/symbol_models.hpp"
#include "input.hpp"
#include "symbolwise/decoding.hpp"

namespace {

using namespace neurocomp;
using Symbols = std::vector<uint32_t>;

struct Fuzzed {
    std::shared_ptr<const symbolwise::Model> model;
    size_t max_symbols;  // as many as take little time
};

std::shared_ptr<const symbolwise::Model> read_model(const char* name, uint32_t family) {
    const std::string path = std::string(FUZZED_MODELS) + "/" + name + ".safetensors";
    const std::vector<uint8_t> file = fuzz::read_file(path.c_str());
    const weights::Model stored = weights::read_model(file, weights::Check::identity);
    return decoder::make_symbol_model(family, stored).model;
}

// Seeds count on this order: tests/decoder/seeds.py.
const std::vector<Fuzzed>& all_models() {
    static const std::vector<Fuzzed> models = {
        {std::make_shared<const adaptive::Model>(), 4000},
        {read_model("bytes", format::family_ngram), 4000},
        {read_model("tokens", format::family_ngram), 1000},
        {read_model("transformer", format::family_transformer), 100},
        {read_model("neural-ngram", format::family_neural_ngram), 200},
        {read_model("recurrent-tokens", format::family_recurrent_tokens), 200},
        {read_model("prior", format::family_dalle), 400},
    };
    return models;
}

std::unique_ptr<symbolwise::Predictor> open(const symbolwise::Model& model, size_t num_lanes) {
    return model.predictor(num_lanes, 1, [](size_t count, const std::function<void(size_t)>& work) {
        for (size_t i = 0; i < count; ++i) work(i);
    });
}

// Codes symbols as an encoder does, with `code` for each one and its table.
template <typename Code>
void encode(const symbolwise::Model& model, const Symbols& symbols, size_t num_lanes, Code code) {
    const size_t size = model.alphabet_size();
    const auto predictor = open(model, num_lanes);
    std::vector<int32_t> tables(num_lanes * size), step(num_lanes);
    const size_t short_symbols = symbols.size() / num_lanes, num_long = symbols.size() % num_lanes;
    for (size_t t = 0; t * num_lanes < symbols.size(); ++t) {
        predictor->predict(tables.data());
        for (size_t lane = 0; lane < num_lanes; ++lane) {
            step[lane] = 0;
            if (t >= short_symbols + (lane < num_long ? 1 : 0)) continue;
            const size_t start = lane * short_symbols + std::min(lane, num_long);
            step[lane] = static_cast<int32_t>(symbols[start + t]);
            code(static_cast<size_t>(step[lane]), tables.data() + lane * size, size);
        }
        predictor->update(step.data());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Fuzzed& fuzzed = all_models()[data[0] % all_models().size()];
    const symbolwise::Model& model = *fuzzed.model;
    const fuzz::Coded coded(data + 1, size - 1);
    Symbols symbols(std::min(coded.num_bytes, fuzzed.max_symbols));
    const size_t num_lanes = std::max(std::min(coded.num_lanes, symbols.size()), size_t{1});
    const bool is_huffman = coded.variant % 2 == 1;
    const std::vector<uint8_t> payload(coded.payload.begin(), coded.payload.end());
    bool is_sound = false;
    const auto decode_by = [&](coding::SymbolDecoder& decoder) {
        const auto predictor = open(model, num_lanes);
        return symbolwise::decode(*predictor, model.alphabet_size(), decoder, num_lanes,
                                  std::span(symbols), [] {});
    };
    try {
        if (is_huffman) {
            coding::HuffmanDecoder decoder(payload);
            is_sound = decode_by(decoder);
        } else {
            coding::ArithmeticDecoder decoder(payload);
            is_sound = decode_by(decoder);
        }
    } catch (const DamagedPayload&) {
        return 0;
    }
    if (!is_sound) return 0;
    std::vector<uint8_t> again;
    if (is_huffman) {
        coding::HuffmanEncoder encoder;
        encode(model, symbols, num_lanes, [&](size_t symbol, const int32_t* table, size_t count) {
            encoder.encode(symbol, table, count);
        });
        again = encoder.payload();
    } else {
        coding::ArithmeticEncoder encoder;
        encode(model, symbols, num_lanes, [&](size_t symbol, const int32_t* table, size_t count) {
            encoder.encode(symbol, table, count);
        });
        again = encoder.finish();
    }
    if (again != payload) std::abort();
    return 0;
}
