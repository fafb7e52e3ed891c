// What all parts of the mixture's kernels use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"
#include "base/integers.hpp"
#include "base/prefetch.hpp"
#include "mix/state.hpp"

namespace neurocomp::mix {

inline constexpr uint64_t golden = 0x9E3779B97F4A7C15;  // 2**64 divided by the golden ratio
inline constexpr uint64_t other_factor = 0xD6E8FEB86659FD93;

// A 64-bit hash of two 64-bit numbers.
constexpr NEUROCOMP_INLINE uint64_t combine(uint64_t a, uint64_t b) {
    const uint64_t mixed = (a ^ (b * other_factor)) * golden;
    return mixed ^ (mixed >> 31);
}

// The byte at a position of the history, 0 before its start.  position < block_bytes + margin.
NEUROCOMP_INLINE uint32_t byte_at(const Tables& tables, int64_t position) {
    return position >= 0 ? tables.history[static_cast<size_t>(position)] : 0;
}

// Upper 12 bits of an adaptive probability.
constexpr NEUROCOMP_INLINE uint32_t probability12(uint32_t entry) { return entry >> 20; }

// An adaptive probability after a bit: an average of all bits so far, later an exponential one.  It
// stays in 0 .. 2**22 - 1: a step is at most 2/3 of the way to 2**22 or to 0.
NEUROCOMP_INLINE uint32_t learned(const Constants& constants, uint32_t entry, int bit,
                                  uint32_t limit) {
    const uint32_t count = entry & count_limit;
    const auto probability = static_cast<int64_t>(entry >> 10);
    const int64_t away = (int64_t{bit} << 22) - probability;
    const auto moved = static_cast<uint32_t>(probability + (away * constants.rate[count] >> 16));
    return moved << 10 | smaller(count + 1, limit);
}

}  // namespace neurocomp::mix
