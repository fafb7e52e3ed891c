#include "symbolwise/decoding.hpp"

#include <algorithm>
#include <vector>

namespace neurocomp::symbolwise {

template <typename Symbol>
bool decode(Predictor& predictor, size_t alphabet_size, coding::SymbolDecoder& decoder,
            size_t num_lanes, std::span<Symbol> symbols, const std::function<void()>& watch) {
    const size_t short_symbols = symbols.size() / num_lanes;
    const size_t num_long = symbols.size() % num_lanes;
    std::vector<int32_t> tables(num_lanes * alphabet_size);
    std::vector<int32_t> step(num_lanes);
    for (size_t t = 0; t < short_symbols + (num_long > 0 ? 1 : 0); ++t) {
        watch();
        predictor.predict(tables.data());
        const size_t num_active = t < short_symbols ? num_lanes : num_long;
        for (size_t lane = 0; lane < num_active; ++lane) {
            const int32_t* const table = tables.data() + lane * alphabet_size;
            if (!decoder.decode(table, alphabet_size, step[lane])) return false;
            const size_t start = lane * short_symbols + std::min(lane, num_long);
            symbols[start + t] = static_cast<Symbol>(step[lane]);
        }
        std::fill(step.begin() + static_cast<std::ptrdiff_t>(num_active), step.end(), 0);
        predictor.update(step.data());
    }
    return decoder.finish();
}

using Watch = std::function<void()>;
template bool decode(Predictor&, size_t, coding::SymbolDecoder&, size_t, std::span<uint8_t>,
                     const Watch&);
template bool decode(Predictor&, size_t, coding::SymbolDecoder&, size_t, std::span<uint16_t>,
                     const Watch&);
template bool decode(Predictor&, size_t, coding::SymbolDecoder&, size_t, std::span<uint32_t>,
                     const Watch&);

}  // namespace neurocomp::symbolwise
