// Constant tables of the mixture, built with exact integer arithmetic.
//
// Probabilities have 16 bits (0 .. 65535 of 65536); log odds ("stretched" probabilities) are
// integers in units of 1/256 nat.  No table goes through a library's logarithm.
#pragma once

#include <cstdint>

namespace neurocomp::mix {

inline constexpr int stretch_limit = 2047;  // inputs of a mixer stay within +-8 nats
inline constexpr int squash_limit = 3071;   // its output within +-12 nats: p >= 0.4 / 65536
inline constexpr int logarithm_bits = 11;
inline constexpr int count_limit = 1023;

struct Constants {
    // Logistic function of x + squash_limit, 1 .. 65535.
    int32_t squash[2 * squash_limit + 1];
    // Its inverse: log odds of the middle of each 12-bit probability.
    int32_t stretch[4096];
    // Rates 1 / (n + 1.5) of a probability seen n times, 16 bits.
    int32_t rate[count_limit + 1];
    // ln(1 + i / 2**11) in units of 1/256 nat.
    int32_t logarithm[1 << logarithm_bits];
    // The bit history after one more bit, of 2 * history + bit.
    uint8_t next_history[512];
    // First guess of the probability of a one after each history, 16 bits.
    uint32_t first_guess[256];
};

// Built at the first call, some milliseconds.
const Constants& constants();

}  // namespace neurocomp::mix
