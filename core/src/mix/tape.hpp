// What is noted of the bytes that are traced: for people, never for a payload.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::mix {

inline constexpr size_t num_likely = 5;  // bytes that are named as the likeliest

// Where notes on successive bytes of a lane go.
struct Tape {
    uint16_t* chosen;    // (n, 8): P of each bit that came, of 2**16
    uint16_t* matched;   // (n, 8): what the longest match gave it, of 2**12; 0 without a match
    int64_t* foreseen;   // (n, 2): the network's weight of the byte, and of all; 0 without one
    uint8_t* likely;     // (n, num_likely): the likeliest bytes
    uint32_t* shares;    // (n, num_likely): P of these, of 2**32
    size_t first_asked;  // for which bytes the likeliest are asked: first <= byte < last
    size_t last_asked;

    // The notes from a byte on.
    NEUROCOMP_INLINE Tape from(size_t place) const {
        return {chosen + 8 * place,
                matched + 8 * place,
                foreseen + 2 * place,
                likely + num_likely * place,
                shares + num_likely * place,
                first_asked > place ? first_asked - place : 0,
                last_asked > place ? last_asked - place : 0};
    }
};

}  // namespace neurocomp::mix
