// The numbers that every exact operation agrees on: those of neurocomp/exact/scaling.py.
#pragma once

#include <cstdint>

#include "base/integers.hpp"

namespace neurocomp::exact {

inline constexpr int total_bits = 24;
inline constexpr int64_t total_frequency = int64_t{1} << total_bits;
inline constexpr int weight_bits = 38;
inline constexpr size_t max_alphabet_size = size_t{1} << 20;

inline constexpr int mantissa_bits = 15;
inline constexpr int reciprocal_bits = 46;
inline constexpr int max_shift = 62;
inline constexpr int64_t wide_limit = 32639;
inline constexpr int32_t residual_limit = (1 << 25) - 1;
inline constexpr size_t max_width = 4096;

inline constexpr int exp2_bits = 10;
inline constexpr int exp2_table_bits = 30;
inline constexpr size_t exp2_size = size_t{1} << exp2_bits;

inline constexpr int64_t attention_one = 32767;
inline constexpr int32_t key_limit = 32767;
inline constexpr int attention_weight_bits = 22;
inline constexpr int share_bits = 40;

inline constexpr int64_t byte_limit = 127;
inline constexpr int score_shift = 12;
inline constexpr int mix_bits = 15;
inline constexpr int mix_total_bits = 23;
inline constexpr int mix_share_bits = 44;
inline constexpr size_t max_window = 32767;
inline constexpr size_t max_query_group = 1024;  // queries that share a key

inline constexpr int turn_bits = 30;
inline constexpr int rotation_bits = 14;
inline constexpr size_t turn_positions = 1024;
inline constexpr size_t max_positions = turn_positions * turn_positions;

inline constexpr int input_bits = 10;
inline constexpr int output_bits = 12;
inline constexpr int gate_bits = 16;
inline constexpr int state_bits = 16;
inline constexpr int32_t half_table = 1 << 14;
inline constexpr size_t table_size = size_t{1} << 15;

// Keeps a loop from being made of vectors: their look-ups of tables ("gathers") are slower than single
// ones on most processors.
#if defined(__GNUC__) || defined(__clang__)
#define NEUROCOMP_ONE_BY_ONE(number) __asm__("" : "+r"(number))
#else
#define NEUROCOMP_ONE_BY_ONE(number) (void)(number)
#endif

// Products and sums modulo 2**64.  What a checked model computes never wraps; wrapping is what an
// unchecked one gets, where C++ would leave everything undefined.
constexpr NEUROCOMP_INLINE int64_t multiply(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
constexpr NEUROCOMP_INLINE int64_t add(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr NEUROCOMP_INLINE int64_t subtract(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// The last 32 bits of a number, as one of -2**31 .. 2**31 - 1.
constexpr NEUROCOMP_INLINE int32_t narrow(int64_t value) {
    return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(value)));
}

// total * factor / 2**shift, rounded half up.  Shifts beyond 62 give what 62 gives, nearly nothing.
constexpr NEUROCOMP_INLINE int64_t scale_sum(int64_t total, int64_t factor, int64_t shift) {
    const int64_t bits = larger(int64_t{1}, smaller(shift, int64_t{max_shift}));
    return add(multiply(total, factor), int64_t{1} << (bits - 1)) >> bits;
}

// Mantissa m <= 2**15 and exponent e of a row: m * 2**e is above the row's largest magnitude.
struct RowScale {
    int64_t mantissa;
    int64_t exponent;
};
constexpr NEUROCOMP_INLINE RowScale row_scale(int64_t largest) {
    const int length = bit_length(static_cast<uint64_t>(largest));
    const int64_t exponent = larger(length - mantissa_bits, 0);
    return {(largest >> exponent) + 1, exponent};
}

}  // namespace neurocomp::exact
