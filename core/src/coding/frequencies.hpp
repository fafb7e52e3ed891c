// Frequency tables of weights: integers of at least 1 that sum to 2**24.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::coding {

inline constexpr int64_t total_frequency = int64_t{1} << 24;

// Writes 1 + weight * (2**24 - size) / sum of the weights, rounded down, for each; what that leaves
// over goes to the first of the largest.  The caller guarantees 0 <= weight < 2**38, a positive sum,
// and 1 <= size <= 2**20.
inline void quantise_row(const int64_t* weights, size_t size, int32_t* out) {
    int64_t sum = 0;
    size_t best = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += weights[i];
        if (weights[i] > weights[best]) best = i;
    }
    const int64_t spread = total_frequency - static_cast<int64_t>(size);
    int64_t used = 0;
    for (size_t i = 0; i < size; ++i) {
        out[i] = static_cast<int32_t>(1 + weights[i] * spread / sum);
        used += out[i];
    }
    out[best] += static_cast<int32_t>(total_frequency - used);
}

}  // namespace neurocomp::coding
