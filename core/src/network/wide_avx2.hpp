// 64-bit arithmetic of network/step_impl.hpp with AVX2, four numbers at a time.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"

namespace neurocomp::network {

namespace {

// Numbers modulo 2**64; wide_plain.hpp says what each function does.
struct Wide {
    __m256i value;
    static constexpr int size = 4;

    static NEUROCOMP_INLINE Wide all(int64_t value) { return {_mm256_set1_epi64x(value)}; }
    static NEUROCOMP_INLINE Wide from_signed(const int32_t* from) {
        return {_mm256_cvtepi32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)))};
    }
    static NEUROCOMP_INLINE Wide from_unsigned(const uint32_t* from) {
        return {_mm256_cvtepu32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)))};
    }
    NEUROCOMP_INLINE __m128i low() const {
        const __m256i places = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
        return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(value, places));
    }
    NEUROCOMP_INLINE void store_low(int32_t* to) const {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), low());
    }
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const {
        const __m128i words = _mm_packus_epi32(low(), low());
        const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
        std::memcpy(to, &four, sizeof four);
    }
    NEUROCOMP_INLINE uint64_t sum() const {
        alignas(32) uint64_t values[size];
        _mm256_store_si256(reinterpret_cast<__m256i*>(values), value);
        return values[0] + values[1] + values[2] + values[3];
    }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) { return {_mm256_add_epi64(a.value, b.value)}; }
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) { return {_mm256_sub_epi64(a.value, b.value)}; }
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return {_mm256_mul_epi32(a.value, b.value)};
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {_mm256_mul_epu32(a.value, b.value)};
}
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) {
    return {_mm256_sll_epi64(a.value, _mm_cvtsi32_si128(bits))};
}
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) {
    return {_mm256_srl_epi64(a.value, _mm_cvtsi32_si128(bits))};
}
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    const __m256i most = _mm256_set1_epi64x(limit);
    const __m256i least = _mm256_set1_epi64x(-limit);
    const __m256i cut =
        _mm256_blendv_epi8(a.value, most, _mm256_cmpgt_epi64(a.value, most));
    return {_mm256_blendv_epi8(cut, least, _mm256_cmpgt_epi64(least, cut))};
}

}  // namespace

}  // namespace neurocomp::network
