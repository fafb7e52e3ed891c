// Products of rows of 16-bit numbers with a strip: by AVX2, SSE2 and NEON, and without vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"
#include "exact/fetching_impl.hpp"
#include "exact/strip_kinds_impl.hpp"

namespace neurocomp::exact {

namespace {

// Rows are of 16 bits, whatever fits; bytes of strips are widened.
struct WideStrips {
    static NEUROCOMP_INLINE void pack(const int16_t* from, size_t width, bool /*is_wide*/,
                                      uint8_t* to) {
        std::memcpy(to, from, width * sizeof(int16_t));
    }

    static NEUROCOMP_INLINE void pack_factors(const int32_t* from, size_t width, size_t /*plane*/,
                                              uint8_t* to) {
        for (size_t k = 0; k < width; ++k) {
            const auto factor = static_cast<int16_t>(from[k]);
            std::memcpy(to + k * sizeof factor, &factor, sizeof factor);
        }
    }
};

#ifdef __AVX2__

struct Strips : WideStrips {
    static constexpr size_t most_rows = 4;

    template <Strip kind>
    static NEUROCOMP_INLINE __m256i widen(const uint8_t* from) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        if constexpr (kind == Strip::biased) return _mm256_cvtepu8_epi16(bytes);
        return _mm256_cvtepi8_epi16(bytes);
    }

    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void multiply_all(const uint8_t* rows, size_t stride, size_t /*plane*/,
                                              bool /*is_wide*/, const uint8_t* strip,
                                              size_t num_groups, int32_t* out, size_t out_stride,
                                              const Fetching& /*fetching*/) {
        constexpr size_t outputs = 8;  // of a pass
        for (size_t first = 0; first < strip_outputs; first += outputs) {
            __m256i sums[num_rows][2];
            __m256i zero = _mm256_setzero_si256();
            NEUROCOMP_HIDE(zero);
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED { sums[m][0] = sums[m][1] = zero; });
            const uint8_t* from = strip + first * group_inputs;
            for (size_t g = 0; g < num_groups; ++g, from += group_bytes) {
                NEUROCOMP_FETCH(from + fetch_distance);
                const __m256i left = widen<kind>(from), right = widen<kind>(from + 16);
                for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                    int64_t four = 0;
                    std::memcpy(&four, rows + m * stride + g * sizeof four, sizeof four);
                    const __m256i all = _mm256_set1_epi64x(four);
                    sums[m][0] = _mm256_add_epi32(sums[m][0], _mm256_madd_epi16(all, left));
                    sums[m][1] = _mm256_add_epi32(sums[m][1], _mm256_madd_epi16(all, right));
                });
            }
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                const __m256i pairs = _mm256_hadd_epi32(sums[m][0], sums[m][1]);
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + m * out_stride + first),
                                    _mm256_permute4x64_epi64(pairs, 0xD8));
            });
        }
    }
};

#elif defined(NEUROCOMP_DOTS_X86)

struct Strips : WideStrips {
    static constexpr size_t most_rows = 4;

    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void multiply_all(const uint8_t* rows, size_t stride, size_t /*plane*/,
                                              bool /*is_wide*/, const uint8_t* strip,
                                              size_t num_groups, int32_t* out, size_t out_stride,
                                              const Fetching& /*fetching*/) {
        constexpr size_t outputs = 4;  // of a pass
        const __m128i zero = _mm_setzero_si128();
        __m128i none = zero;
        NEUROCOMP_HIDE(none);
        for (size_t first = 0; first < strip_outputs; first += outputs) {
            __m128i sums[num_rows][2];
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED { sums[m][0] = sums[m][1] = none; });
            const uint8_t* from = strip + first * group_inputs;
            for (size_t g = 0; g < num_groups; ++g, from += group_bytes) {
                const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
                const __m128i signs = kind == Strip::biased ? zero : _mm_cmpgt_epi8(zero, bytes);
                const __m128i left = _mm_unpacklo_epi8(bytes, signs);
                const __m128i right = _mm_unpackhi_epi8(bytes, signs);
                for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                    __m128i all = _mm_loadl_epi64(
                        reinterpret_cast<const __m128i*>(rows + m * stride + g * 8));
                    all = _mm_unpacklo_epi64(all, all);
                    sums[m][0] = _mm_add_epi32(sums[m][0], _mm_madd_epi16(all, left));
                    sums[m][1] = _mm_add_epi32(sums[m][1], _mm_madd_epi16(all, right));
                });
            }
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                const __m128i left = _mm_shuffle_epi32(sums[m][0], 0xD8);  // even ones first
                const __m128i right = _mm_shuffle_epi32(sums[m][1], 0xD8);
                const __m128i even = _mm_unpacklo_epi64(left, right);
                const __m128i odd = _mm_unpackhi_epi64(left, right);
                _mm_storeu_si128(reinterpret_cast<__m128i*>(out + m * out_stride + first),
                                 _mm_add_epi32(even, odd));
            });
        }
    }
};

#elif defined(__ARM_NEON) && defined(__aarch64__)

struct Strips : WideStrips {
    static constexpr size_t most_rows = 4;

    template <Strip kind>
    static NEUROCOMP_INLINE int16x8_t widen(const uint8_t* from) {
        const uint8x8_t bytes = vld1_u8(from);
        if constexpr (kind == Strip::biased) return vreinterpretq_s16_u16(vmovl_u8(bytes));
        return vmovl_s8(vreinterpret_s8_u8(bytes));
    }

    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void multiply_all(const uint8_t* rows, size_t stride, size_t /*plane*/,
                                              bool /*is_wide*/, const uint8_t* strip,
                                              size_t num_groups, int32_t* out, size_t out_stride,
                                              const Fetching& /*fetching*/) {
        constexpr size_t outputs = 4;  // of a pass
        for (size_t first = 0; first < strip_outputs; first += outputs) {
            int32x4_t sums[num_rows][outputs];
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                sums[m][0] = sums[m][1] = sums[m][2] = sums[m][3] = vdupq_n_s32(0);
            });
            const uint8_t* from = strip + first * group_inputs;
            for (size_t g = 0; g < num_groups; ++g, from += group_bytes) {
                const int16x8_t left = widen<kind>(from), right = widen<kind>(from + 8);
                for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                    const int16x4_t four = vreinterpret_s16_u8(vld1_u8(rows + m * stride + g * 8));
                    sums[m][0] = vmlal_s16(sums[m][0], four, vget_low_s16(left));
                    sums[m][1] = vmlal_s16(sums[m][1], four, vget_high_s16(left));
                    sums[m][2] = vmlal_s16(sums[m][2], four, vget_low_s16(right));
                    sums[m][3] = vmlal_s16(sums[m][3], four, vget_high_s16(right));
                });
            }
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                const int32x4_t low = vpaddq_s32(sums[m][0], sums[m][1]);
                const int32x4_t high = vpaddq_s32(sums[m][2], sums[m][3]);
                vst1q_s32(out + m * out_stride + first, vpaddq_s32(low, high));
            });
        }
    }
};

#else

struct Strips : WideStrips {
    static constexpr size_t most_rows = 1;

    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void multiply_all(const uint8_t* rows, size_t stride, size_t /*plane*/,
                                              bool /*is_wide*/, const uint8_t* strip,
                                              size_t num_groups, int32_t* out, size_t out_stride,
                                              const Fetching& /*fetching*/) {
        for (size_t m = 0; m < num_rows; ++m) {
            uint32_t sums[strip_outputs] = {};
            const uint8_t* from = strip;
            for (size_t g = 0; g < num_groups; ++g, from += group_bytes) {
                int16_t four[group_inputs];
                std::memcpy(four, rows + m * stride + g * sizeof four, sizeof four);
                for (size_t n = 0; n < strip_outputs; ++n) {
                    for (size_t i = 0; i < group_inputs; ++i) {
                        const uint8_t byte = from[n * group_inputs + i];
                        const int32_t weight =
                            kind == Strip::biased ? byte : static_cast<int8_t>(byte);
                        sums[n] += static_cast<uint32_t>(weight * four[i]);
                    }
                }
            }
            std::memcpy(out + m * out_stride, sums, sizeof sums);
        }
    }
};

#endif

}  // namespace

}  // namespace neurocomp::exact
