// Arithmetic of network/step_impl.hpp with AVX-512, sixteen numbers at a time.
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
    __m512i value;
    static constexpr size_t size = 16;

    static NEUROCOMP_INLINE Ints all(int32_t value) { return {_mm512_set1_epi32(value)}; }
    static NEUROCOMP_INLINE Ints load(const int32_t* from) { return {_mm512_loadu_si512(from)}; }
    static NEUROCOMP_INLINE Ints load(const uint32_t* from) { return {_mm512_loadu_si512(from)}; }
    NEUROCOMP_INLINE void store(int32_t* to) const { _mm512_storeu_si512(to, value); }
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(value));
    }
    NEUROCOMP_INLINE Ints look_up(const int32_t* table) const {
        return {_mm512_i32gather_epi32(value, table, 4)};
    }
    NEUROCOMP_INLINE int32_t most() const { return _mm512_reduce_max_epi32(value); }
};

NEUROCOMP_INLINE Ints add(Ints a, Ints b) { return {_mm512_add_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints subtract(Ints a, Ints b) { return {_mm512_sub_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints smaller(Ints a, Ints b) { return {_mm512_min_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints larger(Ints a, Ints b) { return {_mm512_max_epi32(a.value, b.value)}; }
NEUROCOMP_INLINE Ints magnitude(Ints a) { return {_mm512_abs_epi32(a.value)}; }
NEUROCOMP_INLINE Ints times_four(Ints a) { return {_mm512_slli_epi32(a.value, 2)}; }
NEUROCOMP_INLINE Ints where_at_least(Ints value, Ints least, Ints a, Ints b) {
    const __mmask16 enough = _mm512_cmpge_epi32_mask(value.value, least.value);
    return {_mm512_mask_blend_epi32(enough, b.value, a.value)};
}

// Of 32-bit numbers in one register, those of even places lie in `even`, the others in `odd`.
struct Wide {
    __m512i even, odd;

    static NEUROCOMP_INLINE Wide all(int64_t value) {
        return {_mm512_set1_epi64(value), _mm512_set1_epi64(value)};
    }
    static NEUROCOMP_INLINE Wide with_low(Ints low) {
        return {low.value, _mm512_shuffle_epi32(low.value, _MM_PERM_DDBB)};
    }
    NEUROCOMP_INLINE Ints low() const {
        return {_mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA)};
    }
    NEUROCOMP_INLINE uint64_t sum() const {
        return static_cast<uint64_t>(_mm512_reduce_add_epi64(_mm512_add_epi64(even, odd)));
    }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) {
    return {_mm512_add_epi64(a.even, b.even), _mm512_add_epi64(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) {
    return {_mm512_sub_epi64(a.even, b.even), _mm512_sub_epi64(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return {_mm512_mul_epi32(a.even, b.even), _mm512_mul_epi32(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {_mm512_mul_epu32(a.even, b.even), _mm512_mul_epu32(a.odd, b.odd)};
}
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm512_sll_epi64(a.even, count), _mm512_sll_epi64(a.odd, count)};
}
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm512_srl_epi64(a.even, count), _mm512_srl_epi64(a.odd, count)};
}
NEUROCOMP_INLINE Wide shift_right_signed(Wide a, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm512_sra_epi64(a.even, count), _mm512_sra_epi64(a.odd, count)};
}
NEUROCOMP_INLINE Wide high_as_low(Wide a) {
    return {_mm512_shuffle_epi32(a.even, _MM_PERM_DDBB),
            _mm512_shuffle_epi32(a.odd, _MM_PERM_DDBB)};
}
NEUROCOMP_INLINE Wide low_as_high(Wide a) {
    return {_mm512_maskz_shuffle_epi32(0xAAAA, a.even, _MM_PERM_CCAA),
            _mm512_maskz_shuffle_epi32(0xAAAA, a.odd, _MM_PERM_CCAA)};
}
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    const __m512i most = _mm512_set1_epi64(limit);
    const __m512i least = _mm512_set1_epi64(-limit);
    return {_mm512_max_epi64(_mm512_min_epi64(a.even, most), least),
            _mm512_max_epi64(_mm512_min_epi64(a.odd, most), least)};
}

}  // namespace

}  // namespace neurocomp::network
