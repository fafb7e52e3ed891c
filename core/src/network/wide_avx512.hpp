// 64-bit arithmetic of network/step_impl.hpp with AVX-512, eight numbers at a time.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::network {

namespace {

// Numbers modulo 2**64; wide_plain.hpp says what each function does.
struct Wide {
    __m512i value;
    static constexpr int size = 8;

    static NEUROCOMP_INLINE Wide all(int64_t value) { return {_mm512_set1_epi64(value)}; }
    static NEUROCOMP_INLINE Wide from_signed(const int32_t* from) {
        return {_mm512_cvtepi32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)))};
    }
    static NEUROCOMP_INLINE Wide from_unsigned(const uint32_t* from) {
        return {_mm512_cvtepu32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)))};
    }
    NEUROCOMP_INLINE void store_low(int32_t* to) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi64_epi32(value));
    }
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm512_cvtepi64_epi8(value));
    }
    NEUROCOMP_INLINE uint64_t sum() const {
        alignas(64) uint64_t values[size];
        _mm512_store_si512(values, value);
        uint64_t total = 0;
        for (const uint64_t one : values) total += one;
        return total;
    }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) { return {_mm512_add_epi64(a.value, b.value)}; }
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) { return {_mm512_sub_epi64(a.value, b.value)}; }
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return {_mm512_mul_epi32(a.value, b.value)};
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {_mm512_mul_epu32(a.value, b.value)};
}
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) {
    return {_mm512_sll_epi64(a.value, _mm_cvtsi32_si128(bits))};
}
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) {
    return {_mm512_srl_epi64(a.value, _mm_cvtsi32_si128(bits))};
}
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    const __m512i most = _mm512_set1_epi64(limit);
    const __m512i least = _mm512_set1_epi64(-limit);
    return {_mm512_max_epi64(_mm512_min_epi64(a.value, most), least)};
}

}  // namespace

}  // namespace neurocomp::network
