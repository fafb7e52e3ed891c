// Products of bytes with AVX2, AVX-VNNI and AVX-512 VNNI: what the source is compiled for.
#pragma once

#include <immintrin.h>

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

NEUROCOMP_INLINE int32_t four_bytes(const uint8_t* from) {
    int32_t four;
    std::memcpy(&four, from, sizeof four);
    return four;
}

// What AVX2 and AVX-VNNI share.
struct Dot256 {
    using Vector = __m256i;
    using Weights = __m256i;
    static constexpr int outputs = 8;

    static NEUROCOMP_INLINE Vector zero() { return _mm256_setzero_si256(); }
    static NEUROCOMP_INLINE Vector add(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
    static NEUROCOMP_INLINE Weights load(const int8_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
    static NEUROCOMP_INLINE Vector broadcast(const uint8_t* from) {
        return _mm256_set1_epi32(four_bytes(from));
    }
    static NEUROCOMP_INLINE void store(int32_t* to, Vector sums, const int32_t* offsets) {
        const __m256i off = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_sub_epi32(sums, off));
    }
};

// Two products are added in 16 bits: 2 * 255 * 64 fits.
struct Avx2Dot : Dot256 {
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        const __m256i pairs = _mm256_maddubs_epi16(inputs, weights);
        return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    static void multiply_strip(const uint8_t* rows, size_t stride, size_t num_rows,
                               const int8_t* weights, int num_groups, const int32_t* offsets,
                               int32_t* out, size_t out_stride) {
        multiply_by<Avx2Dot, Block<4, 2, 1>, Block<2, 4, 1>, Block<1, 4, 1>>(
            rows, stride, num_rows, weights, num_groups, offsets, out, out_stride);
    }
};

#if defined(__AVXVNNI__)
struct AvxVnniDot : Dot256 {
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        return _mm256_dpbusd_avx_epi32(sums, inputs, weights);
    }
    static void multiply_strip(const uint8_t* rows, size_t stride, size_t num_rows,
                               const int8_t* weights, int num_groups, const int32_t* offsets,
                               int32_t* out, size_t out_stride) {
        multiply_by<AvxVnniDot, Block<4, 2, 1>, Block<2, 4, 1>, Block<1, 4, 2>>(
            rows, stride, num_rows, weights, num_groups, offsets, out, out_stride);
    }
};
#endif

#if defined(__AVX512VNNI__)
struct Avx512VnniDot {
    using Vector = __m512i;
    using Weights = __m512i;
    static constexpr int outputs = 16;

    static NEUROCOMP_INLINE Vector zero() { return _mm512_setzero_si512(); }
    static NEUROCOMP_INLINE Vector add(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
    static NEUROCOMP_INLINE Weights load(const int8_t* from) { return _mm512_loadu_si512(from); }
    static NEUROCOMP_INLINE Vector broadcast(const uint8_t* from) {
        return _mm512_set1_epi32(four_bytes(from));
    }
    static NEUROCOMP_INLINE void store(int32_t* to, Vector sums, const int32_t* offsets) {
        _mm512_storeu_si512(to, _mm512_sub_epi32(sums, _mm512_loadu_si512(offsets)));
    }
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, Vector inputs, Weights weights) {
        return _mm512_dpbusd_epi32(sums, inputs, weights);
    }
    static void multiply_strip(const uint8_t* rows, size_t stride, size_t num_rows,
                               const int8_t* weights, int num_groups, const int32_t* offsets,
                               int32_t* out, size_t out_stride) {
        multiply_by<Avx512VnniDot, Block<8, 2, 1>, Block<4, 2, 1>, Block<2, 2, 2>, Block<1, 2, 4>>(
            rows, stride, num_rows, weights, num_groups, offsets, out, out_stride);
    }
};
#endif

}  // namespace

}  // namespace neurocomp::products
