// The lock-step loop of a model of symbols and any coder, over lanes (docs/format.md, 3).
//
// A block of n symbols is cut into L lanes of n / L symbols, the first n mod L of one more.  All
// lanes advance together: one step predicts a symbol of each lane, and the coder takes them in the
// order of the lanes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "coding/symbols.hpp"
#include "symbolwise/model.hpp"

namespace neurocomp::symbolwise {

// What the loop itself takes besides the symbols and the model's predictor.
inline uint64_t loop_bytes(size_t num_lanes, size_t alphabet_size) {
    return sizeof(int32_t) * num_lanes * (uint64_t{alphabet_size} + 1) +
           32 * (uint64_t{alphabet_size} + 1);
}

// Fills `symbols` with what the payload of a decoder holds; lanes are 1 to their number, and Symbol
// holds the model's alphabet: uint8_t, uint16_t or uint32_t.  `watch` is called before each step and
// may throw to stop the work.  Returns whether the payload is what they are coded as.  Throws
// DamagedPayload, std::bad_alloc.
template <typename Symbol>
bool decode(Predictor& predictor, size_t alphabet_size, coding::SymbolDecoder& decoder,
            size_t num_lanes, std::span<Symbol> symbols, const std::function<void()>& watch);

}  // namespace neurocomp::symbolwise
