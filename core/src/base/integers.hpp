// Integer arithmetic whose results do not depend on the machine.
//
// C++ leaves overflow of signed numbers, and shifts by more than their width, undefined, and rounds
// quotients towards zero.  What the format needs is defined here once.
#pragma once

#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp {

// a + b and a - b modulo 2**32, as a number of -2**31 .. 2**31 - 1.
constexpr NEUROCOMP_INLINE int32_t wrapping_add(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
constexpr NEUROCOMP_INLINE int32_t wrapping_subtract(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

// The largest integer that is not above a / b; b > 0.
constexpr NEUROCOMP_INLINE int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

template <typename T>
constexpr NEUROCOMP_INLINE T smaller(T a, T b) {
    return b < a ? b : a;
}
template <typename T>
constexpr NEUROCOMP_INLINE T larger(T a, T b) {
    return a < b ? b : a;
}

// `value`, or the nearer end of [-limit, limit]; limit >= 0.
template <typename T>
constexpr NEUROCOMP_INLINE T clamp(T value, T limit) {
    return larger(static_cast<T>(-limit), smaller(limit, value));
}

// |value|; value > -2**31.
constexpr NEUROCOMP_INLINE int32_t magnitude(int32_t value) { return value < 0 ? -value : value; }

// Binary digits of `value`: 0 for 0.
constexpr NEUROCOMP_INLINE int bit_length(uint64_t value) {
#if defined(__GNUC__) || defined(__clang__)
    return value == 0 ? 0 : 64 - __builtin_clzll(value);
#else
    int length = 0;
    for (int step = 32; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            length += step;
        }
    }
    return length + (value != 0 ? 1 : 0);
#endif
}

// Half of 2**bits, which rounds a shift by so many to the nearest; 0 for none.  bits < 64.
constexpr NEUROCOMP_INLINE int64_t half_of(int bits) { return (int64_t{1} << bits) >> 1; }

// The largest integer whose square is not above `value`, of 2**60 <= value < 2**62.
constexpr NEUROCOMP_INLINE int64_t integer_root(int64_t value) {
    int64_t root = int64_t{1} << 31;  // Newton's method, from above
    for (;;) {
        const int64_t better = (root + value / root) >> 1;
        if (better >= root) return root;
        root = better;
    }
}

}  // namespace neurocomp
