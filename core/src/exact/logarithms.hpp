// Logarithms to base 2 in units of 2**-10, rounded down after twelve digits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

inline constexpr int logarithm_place_bits = 11;
inline constexpr size_t logarithm_table_size = size_t{1} << logarithm_place_bits;

// The logarithm of 1 <= value < 2**62; `table` has log2(1 + i / 2**11) for i below 2**11.
NEUROCOMP_INLINE int64_t logarithm(int64_t value, const int32_t* table) {
    const auto positive = static_cast<uint64_t>(value);
    const int octaves = bit_length(positive | 1) - 1;
    const uint64_t place = positive << (62 - octaves) >> (62 - logarithm_place_bits);
    return (int64_t{octaves} << exp2_bits) + table[place & (logarithm_table_size - 1)];
}

}  // namespace neurocomp::exact
