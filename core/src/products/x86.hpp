// Products of bytes with AVX2, AVX-VNNI and AVX-512 VNNI: what the source is compiled for.
#pragma once

#include <immintrin.h>

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

NEUROCOMP_INLINE int32_t four_bytes(const uint8_t* from) {
    int32_t four = 0;
    std::memcpy(&four, from, sizeof four);
    return four;
}

// What AVX2 and AVX-VNNI share.
struct Dot256 {
    using Vector = __m256i;
    using Weights = __m256i;
    static constexpr int outputs = 8;

    static NEUROCOMP_INLINE Vector zero() { return _mm256_setzero_si256(); }
    static NEUROCOMP_INLINE Vector begin(const int32_t* offsets) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
    }
    static NEUROCOMP_INLINE Vector add(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
    static NEUROCOMP_INLINE Weights load(const int8_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
    static NEUROCOMP_INLINE Vector broadcast(const uint8_t* from) {
        return _mm256_set1_epi32(four_bytes(from));
    }
    static NEUROCOMP_INLINE void store(int32_t* to, Vector sums) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums);
    }
};

// Two products are added in 16 bits: 2 * 255 * 64 fits.
struct Avx2Dot : Dot256 {
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        const __m256i pairs = _mm256_maddubs_epi16(inputs, weights);
        return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
};

using Avx2Products = Tiled<Avx2Dot, Block<4, 2, 1>, Block<2, 4, 1>, Block<1, 4, 1>>;

#ifdef __AVXVNNI__
struct AvxVnniDot : Dot256 {
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        return _mm256_dpbusd_avx_epi32(sums, inputs, weights);
    }
};

using AvxVnniProducts = Tiled<AvxVnniDot, Block<4, 2, 1>, Block<2, 4, 1>, Block<1, 4, 2>>;
#endif

#ifdef __AVX512VNNI__
struct Avx512VnniDot {
    using Vector = __m512i;
    using Weights = __m512i;
    static constexpr int outputs = 16;

    static NEUROCOMP_INLINE Vector zero() { return _mm512_setzero_si512(); }
    static NEUROCOMP_INLINE Vector begin(const int32_t* offsets) {
        return _mm512_loadu_si512(offsets);
    }
    static NEUROCOMP_INLINE Vector add(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
    static NEUROCOMP_INLINE Weights load(const int8_t* from) { return _mm512_loadu_si512(from); }
    static NEUROCOMP_INLINE Vector broadcast(const uint8_t* from) {
        return _mm512_set1_epi32(four_bytes(from));
    }
    static NEUROCOMP_INLINE void store(int32_t* to, Vector sums) { _mm512_storeu_si512(to, sums); }
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        return _mm512_dpbusd_epi32(sums, inputs, weights);
    }
};

using Avx512VnniProducts =
    Tiled<Avx512VnniDot, Block<8, 2, 1>, Block<4, 2, 1>, Block<2, 2, 2>, Block<1, 2, 4>>;
#endif

}  // namespace

}  // namespace neurocomp::products
