// What is noted of the bytes that are traced: for people, never for a payload.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::mix {

inline constexpr size_t num_likely = 5;  // bytes that are named as the likeliest

// Where notes on the n bytes of a section go.
struct Tape {
    uint16_t* chosen;    // (n, 8): P of each bit that came, of 2**16
    uint16_t* matched;   // (n, 8): what the longest match gave it, of 2**12; 0 without a match
    int64_t* foreseen;   // (n, 2): the network's weight of the byte, and of all; 0 without one
    uint8_t* likely;     // (last - first, num_likely): the likeliest bytes
    uint32_t* shares;    // (last - first, num_likely): P of these, of 2**32
    size_t first_asked;  // the likeliest are asked for bytes of first <= number < last <= n
    size_t last_asked;
    size_t place = 0;  // number of the byte that is next

    // The notes from a byte on.
    NEUROCOMP_INLINE Tape from(size_t number) const {
        Tape moved = *this;
        moved.place += number;
        return moved;
    }
    NEUROCOMP_INLINE bool is_asked() const { return first_asked <= place && place < last_asked; }
};

}  // namespace neurocomp::mix
