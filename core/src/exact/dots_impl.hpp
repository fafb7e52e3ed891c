// Inner products of 16-bit integers with 8-bit or 16-bit ones, as vector instructions.
//
// Sums wrap at 32 bits, so that the order of summation does not matter; callers know that they do
// not reach that far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"
#include "base/integers.hpp"

#if defined(__AVX2__) || defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#define NEUROCOMP_DOTS_X86
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace neurocomp::exact {

namespace {

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

struct Dots {
    static constexpr size_t chunk = 32;
    using Values = __m512i;
    using Sums = __m512i;
    static NEUROCOMP_INLINE Sums zero() { return _mm512_setzero_si512(); }
    static NEUROCOMP_INLINE Values load(const int16_t* from) { return _mm512_loadu_si512(from); }
    static NEUROCOMP_INLINE Values load(const int8_t* from) {
        return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    }
    static NEUROCOMP_INLINE Sums add(Sums sums, Values a, Values b) {
        return _mm512_dpwssd_epi32(sums, a, b);
    }
    static NEUROCOMP_INLINE int32_t total(Sums sums) { return _mm512_reduce_add_epi32(sums); }
    static NEUROCOMP_INLINE void totals(const Sums (&sums)[4], int32_t (&out)[4]) {
        __m256i halves[4];
        for (size_t i = 0; i < 4; ++i) {
            halves[i] = _mm256_add_epi32(_mm512_castsi512_si256(sums[i]),
                                         _mm512_extracti64x4_epi64(sums[i], 1));
        }
        const __m256i left = _mm256_hadd_epi32(halves[0], halves[1]);
        const __m256i pairs = _mm256_hadd_epi32(left, _mm256_hadd_epi32(halves[2], halves[3]));
        const __m128i low = _mm256_castsi256_si128(pairs);
        const __m128i four = _mm_add_epi32(low, _mm256_extracti128_si256(pairs, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), four);
    }
};

#elif defined(__AVX2__)

struct Dots {
    static constexpr size_t chunk = 16;
    using Values = __m256i;
    using Sums = __m256i;
    static NEUROCOMP_INLINE Sums zero() { return _mm256_setzero_si256(); }
    static NEUROCOMP_INLINE Values load(const int16_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
    static NEUROCOMP_INLINE Values load(const int8_t* from) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    }
    static NEUROCOMP_INLINE Sums add(Sums sums, Values a, Values b) {
        return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b));
    }
    static NEUROCOMP_INLINE int32_t total(Sums sums) {
        __m128i four =
            _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
    }
    static NEUROCOMP_INLINE void totals(const Sums (&sums)[4], int32_t (&out)[4]) {
        const __m256i left = _mm256_hadd_epi32(sums[0], sums[1]);
        const __m256i pairs = _mm256_hadd_epi32(left, _mm256_hadd_epi32(sums[2], sums[3]));
        const __m128i low = _mm256_castsi256_si128(pairs);
        const __m128i four = _mm_add_epi32(low, _mm256_extracti128_si256(pairs, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), four);
    }
};

#elif defined(NEUROCOMP_DOTS_X86)

struct Dots {
    static constexpr size_t chunk = 8;
    using Values = __m128i;
    using Sums = __m128i;
    static NEUROCOMP_INLINE Sums zero() { return _mm_setzero_si128(); }
    static NEUROCOMP_INLINE Values load(const int16_t* from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    }
    static NEUROCOMP_INLINE Values load(const int8_t* from) {
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
        return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
    }
    static NEUROCOMP_INLINE Sums add(Sums sums, Values a, Values b) {
        return _mm_add_epi32(sums, _mm_madd_epi16(a, b));
    }
    static NEUROCOMP_INLINE int32_t total(Sums sums) {
        sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0xB1)));
    }
    static NEUROCOMP_INLINE void totals(const Sums (&sums)[4], int32_t (&out)[4]) {
        for (size_t i = 0; i < 4; ++i) out[i] = total(sums[i]);
    }
};

#elif defined(__ARM_NEON) && defined(__aarch64__)

struct Dots {
    static constexpr size_t chunk = 8;
    using Values = int16x8_t;
    using Sums = int32x4_t;
    static NEUROCOMP_INLINE Sums zero() { return vdupq_n_s32(0); }
    static NEUROCOMP_INLINE Values load(const int16_t* from) { return vld1q_s16(from); }
    static NEUROCOMP_INLINE Values load(const int8_t* from) { return vmovl_s8(vld1_s8(from)); }
    static NEUROCOMP_INLINE Sums add(Sums sums, Values a, Values b) {
        return vmlal_high_s16(vmlal_s16(sums, vget_low_s16(a), vget_low_s16(b)), a, b);
    }
    static NEUROCOMP_INLINE int32_t total(Sums sums) { return vaddvq_s32(sums); }
    static NEUROCOMP_INLINE void totals(const Sums (&sums)[4], int32_t (&out)[4]) {
        for (size_t i = 0; i < 4; ++i) out[i] = total(sums[i]);
    }
};

#else

struct Dots {
    static constexpr size_t chunk = 4;
    struct Values {
        int32_t of[4];
    };
    struct Sums {
        uint32_t of[4];
    };
    static NEUROCOMP_INLINE Sums zero() { return {}; }
    template <typename T>
    static NEUROCOMP_INLINE Values load(const T* from) {
        return {{from[0], from[1], from[2], from[3]}};
    }
    static NEUROCOMP_INLINE Sums add(Sums sums, Values a, Values b) {
        for (size_t i = 0; i < 4; ++i) sums.of[i] += static_cast<uint32_t>(a.of[i] * b.of[i]);
        return sums;
    }
    static NEUROCOMP_INLINE int32_t total(Sums sums) {
        return static_cast<int32_t>(sums.of[0] + sums.of[1] + sums.of[2] + sums.of[3]);
    }
    static NEUROCOMP_INLINE void totals(const Sums (&sums)[4], int32_t (&out)[4]) {
        for (size_t i = 0; i < 4; ++i) out[i] = total(sums[i]);
    }
};

#endif

// Writes the products of `num_rows` vectors of the left side with `num_columns` of the right one,
// each of `size` numbers, to out[row][column].
template <size_t num_rows, size_t num_columns, typename T>
NEUROCOMP_INLINE void dot_products(const int16_t* const (&left)[num_rows],
                                   const T* const (&right)[num_columns], size_t size,
                                   int32_t (&out)[num_rows][num_columns]) {
    Dots::Sums sums[num_rows][num_columns];
    for (size_t i = 0; i < num_rows; ++i) {
        for (size_t j = 0; j < num_columns; ++j) sums[i][j] = Dots::zero();
    }
    const size_t whole = size - size % Dots::chunk;
    for (size_t k = 0; k < whole; k += Dots::chunk) {
        Dots::Values columns[num_columns];
        for (size_t j = 0; j < num_columns; ++j) columns[j] = Dots::load(right[j] + k);
        for (size_t i = 0; i < num_rows; ++i) {
            const Dots::Values row = Dots::load(left[i] + k);
            for (size_t j = 0; j < num_columns; ++j) {
                sums[i][j] = Dots::add(sums[i][j], row, columns[j]);
            }
        }
    }
    for (size_t i = 0; i < num_rows; ++i) {
        if constexpr (num_columns == 4) {
            Dots::totals(sums[i], out[i]);
        } else {
            for (size_t j = 0; j < num_columns; ++j) out[i][j] = Dots::total(sums[i][j]);
        }
        for (size_t j = 0; j < num_columns; ++j) {
            for (size_t k = whole; k < size; ++k) {
                out[i][j] = wrapping_add(out[i][j], int32_t{left[i][k]} * int32_t{right[j][k]});
            }
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
