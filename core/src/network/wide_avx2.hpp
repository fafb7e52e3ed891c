// Arithmetic of network/step_impl.hpp with AVX2, eight numbers at a time.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"

namespace neurocomp::network {

namespace {

using neurocomp::larger;
using neurocomp::magnitude;
using neurocomp::smaller;

// wide_plain.hpp says what each function does.
struct Ints {
    __m256i value;
    static constexpr size_t size = 8;

    static NEUROCOMP_INLINE Ints all(int32_t value) { return {_mm256_set1_epi32(value)}; }
    static NEUROCOMP_INLINE Ints load(const int32_t* from) {
        return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
    }
    static NEUROCOMP_INLINE Ints load(const uint32_t* from) {
        return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
    }
    NEUROCOMP_INLINE void store(int32_t* to) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value);
    }
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const {
        const __m128i words =
            _mm_packus_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
    }
    // Not by a gather, which many processors do slowly.
    NEUROCOMP_INLINE Ints look_up(const int32_t* table) const {
        alignas(32) int32_t places[size];
        _mm256_store_si256(reinterpret_cast<__m256i*>(places), value);
        return {_mm256_setr_epi32(table[places[0]], table[places[1]], table[places[2]],
                                  table[places[3]], table[places[4]], table[places[5]],
                                  table[places[6]], table[places[7]])};
    }
    NEUROCOMP_INLINE int32_t most() const {
        __m128i half =
            _mm_max_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
        half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
        half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1));
        return _mm_cvtsi128_si32(half);
    }
};

NEUROCOMP_INLINE Ints add(Ints a, Ints b) { return {_mm256_add_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints subtract(Ints a, Ints b) { return {_mm256_sub_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints smaller(Ints a, Ints b) { return {_mm256_min_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints larger(Ints a, Ints b) { return {_mm256_max_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints magnitude(Ints a) { return {_mm256_abs_epi32(a.value)}; }
NEUROCOMP_INLINE Ints times_four(Ints a) { return {_mm256_slli_epi32(a.value, 2)}; }
NEUROCOMP_INLINE Ints where_at_least(Ints value, Ints least, Ints a, Ints b) {
    const __m256i below = _mm256_cmpgt_epi32(least.value, value.value);
    return {_mm256_blendv_epi8(a.value, b.value, below)};
}

// Of 32-bit numbers in one register, those of even places lie in `even`, the others in `odd`.
struct Wide {
    __m256i even, odd;

    static NEUROCOMP_INLINE Wide all(int64_t value) {
        return {_mm256_set1_epi64x(value), _mm256_set1_epi64x(value)};
    }
    static NEUROCOMP_INLINE Wide with_low(Ints low) {
        return {low.value, _mm256_shuffle_epi32(low.value, 0xF5)};
    }
    NEUROCOMP_INLINE Ints low() const {
        return {_mm256_blend_epi32(even, _mm256_shuffle_epi32(odd, 0xA0), 0xAA)};
    }
    NEUROCOMP_INLINE uint64_t sum() const {
        alignas(32) uint64_t values[4];
        _mm256_store_si256(reinterpret_cast<__m256i*>(values), _mm256_add_epi64(even, odd));
        return values[0] + values[1] + values[2] + values[3];
    }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) {
    return {_mm256_add_epi64(a.even, b.even), _mm256_add_epi64(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) {
    return {_mm256_sub_epi64(a.even, b.even), _mm256_sub_epi64(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return {_mm256_mul_epi32(a.even, b.even), _mm256_mul_epi32(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {_mm256_mul_epu32(a.even, b.even), _mm256_mul_epu32(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm256_sll_epi64(a.even, count), _mm256_sll_epi64(a.odd, count)};
}
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm256_srl_epi64(a.even, count), _mm256_srl_epi64(a.odd, count)};
}
// AVX2 has no signed shift of 64 bits: numbers are raised, so that they are not negative.
NEUROCOMP_INLINE Wide shift_right_signed(Wide a, int bits) {
    const Wide raised = Wide::all(int64_t{1} << 62);
    return subtract(shift_right(add(a, raised), bits), Wide::all((int64_t{1} << 62) >> bits));
}
NEUROCOMP_INLINE Wide high_as_low(Wide a) {
    return {_mm256_srli_epi64(a.even, 32), _mm256_srli_epi64(a.odd, 32)};
}
NEUROCOMP_INLINE Wide low_as_high(Wide a) {
    return {_mm256_slli_epi64(a.even, 32), _mm256_slli_epi64(a.odd, 32)};
}
NEUROCOMP_INLINE __m256i clamp_numbers(__m256i a, int64_t limit) {
    const __m256i most = _mm256_set1_epi64x(limit);
    const __m256i least = _mm256_set1_epi64x(-limit);
    const __m256i cut = _mm256_blendv_epi8(a, most, _mm256_cmpgt_epi64(a, most));
    return _mm256_blendv_epi8(cut, least, _mm256_cmpgt_epi64(least, cut));
}
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    return {clamp_numbers(a.even, limit), clamp_numbers(a.odd, limit)};
}

}  // namespace

}  // namespace neurocomp::network
