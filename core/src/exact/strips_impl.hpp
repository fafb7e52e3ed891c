// Products of a few rows with a strip of 32 outputs, as vector instructions.
//
// Two kinds of strips: weights and keys are bytes w + 128 under rows of signed numbers, so that 128
// times the sum of a row is to be taken off (`Strip::biased`); values are signed bytes under rows of
// numbers that are not negative (`Strip::plain`).  Sums wrap at 32 bits, so that neither the order of
// summation nor what is taken off later matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/inlining.hpp"
#include "base/integers.hpp"
#include "exact/dots_impl.hpp"
#include "exact/kernels.hpp"

namespace neurocomp::exact {

namespace {

enum class Strip { biased, plain };

inline constexpr size_t group_bytes = strip_outputs * group_inputs;

// Keeps GCC from knowing that sums begin with zero: it would treat the first step apart from the others,
// and have a move beside each addition of these.
#if defined(NEUROCOMP_DOTS_X86) && (defined(__GNUC__) || defined(__clang__))
#define NEUROCOMP_HIDE(vector) __asm__("" : "+v"(vector))
#else
#define NEUROCOMP_HIDE(vector) (void)(vector)
#endif

// Calls work(std::integral_constant<size_t, i>) for i below `count`: where GCC unrolls a loop, it has
// laid the registers that the loop counts through into memory before.
template <typename Work, size_t... numbers>
NEUROCOMP_INLINE void for_each(std::index_sequence<numbers...>, const Work& work) {
    (work(std::integral_constant<size_t, numbers>()), ...);
}
template <size_t count, typename Work>
NEUROCOMP_INLINE void for_each(const Work& work) {
    for_each(std::make_index_sequence<count>(), work);
}

// How far ahead weights are asked for: left to itself, a processor begins anew with each page.
inline constexpr size_t fetch_distance = 4096;

#if defined(__GNUC__) || defined(__clang__)
#define NEUROCOMP_FETCH(address) __builtin_prefetch(address)
#define NEUROCOMP_FETCH_TO_SECOND_CACHE(address) __builtin_prefetch(address, 0, 2)
#else
#define NEUROCOMP_FETCH(address) (void)(address)
#define NEUROCOMP_FETCH_TO_SECOND_CACHE(address) (void)(address)
#endif

// What a product of rows with a strip asks memory for: where nothing is `next`, what lies ahead in
// the strip itself, else a part of the next strip.  The rows of a strip share it evenly: memory would
// be too slow for the first of them, and idle while the others find the strip in the caches.
struct Fetching {
    static constexpr int share_bits = 8;

    const uint8_t* next = nullptr;
    size_t num_groups = 0;
    size_t share = 0;  // of a row, of each group's bytes
    size_t row = 0;    // the first of the product

    Fetching() = default;
    NEUROCOMP_INLINE Fetching(const uint8_t* strip, size_t groups, size_t num_rows)
        : next(strip), num_groups(groups), share((group_bytes << share_bits) / num_rows + 1) {}

    NEUROCOMP_INLINE Fetching from_row(size_t number) const {
        Fetching other = *this;
        other.row += number;
        return other;
    }
    NEUROCOMP_INLINE const uint8_t* place() const {
        return next + (row * share * num_groups >> share_bits);
    }
    NEUROCOMP_INLINE size_t step(size_t num_rows) const { return num_rows * share >> share_bits; }
};

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

// Rows are bytes: those of numbers that fit one, else low bytes and after them high ones, of which
// the number is low + 256 high.  Low bytes are signed in rows for biased strips, unsigned in others.
struct Strips {
    static constexpr size_t most_rows = 12;

    // `width` numbers, a multiple of 4.
    static NEUROCOMP_INLINE void pack(const int16_t* from, size_t width, bool is_wide,
                                      uint8_t* to) {
        if (!is_wide) {
            for (size_t k = 0; k < width; ++k) to[k] = static_cast<uint8_t>(from[k]);
            return;
        }
        for (size_t k = 0; k < width; ++k) {
            to[k] = static_cast<uint8_t>(from[k]);
            to[width + k] = static_cast<uint8_t>((from[k] + 128) >> 8);
        }
    }

    static NEUROCOMP_INLINE __m512i four_of(const uint8_t* inputs) {
        int32_t four = 0;
        std::memcpy(&four, inputs, sizeof four);
        return _mm512_set1_epi32(four);
    }

    template <Strip kind>
    static NEUROCOMP_INLINE __m512i add(__m512i sums, __m512i weights, __m512i inputs) {
        const __m512i unsigned_ones = kind == Strip::biased ? weights : inputs;
        const __m512i signed_ones = kind == Strip::biased ? inputs : weights;
#if defined(__GNUC__) && !defined(__clang__)
        // GCC has moves beside many of the function's uses.
        __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(unsigned_ones), "v"(signed_ones));
        return sums;
#else
        return _mm512_dpbusd_epi32(sums, unsigned_ones, signed_ones);
#endif
    }

    template <Strip kind, size_t num_rows, size_t num_planes>
    static NEUROCOMP_INLINE void multiply(const uint8_t* rows, size_t stride, size_t plane,
                                          const uint8_t* strip, size_t num_groups, int32_t* out,
                                          size_t out_stride, const Fetching& fetching) {
        const bool ahead = fetching.next == nullptr;
        const uint8_t* fetched = ahead ? strip + fetch_distance : fetching.place();
        const size_t step = ahead ? group_bytes : fetching.step(num_rows);
        __m512i low[num_rows][2], high[num_rows][2];
        __m512i zero = _mm512_setzero_si512();
        NEUROCOMP_HIDE(zero);
        for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
            low[m][0] = low[m][1] = high[m][0] = high[m][1] = zero;
        });
        for (size_t g = 0; g < num_groups; ++g) {
            NEUROCOMP_FETCH_TO_SECOND_CACHE(fetched);
            NEUROCOMP_FETCH_TO_SECOND_CACHE(fetched + 64);
            fetched += step;
            const __m512i left = _mm512_loadu_si512(strip + g * group_bytes);
            const __m512i right = _mm512_loadu_si512(strip + g * group_bytes + 64);
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                const uint8_t* const inputs = rows + m * stride + g * group_inputs;
                const __m512i one = four_of(inputs);
                low[m][0] = add<kind>(low[m][0], left, one);
                low[m][1] = add<kind>(low[m][1], right, one);
                if constexpr (num_planes == 2) {
                    const __m512i other = four_of(inputs + plane);
                    high[m][0] = add<kind>(high[m][0], left, other);
                    high[m][1] = add<kind>(high[m][1], right, other);
                }
            });
        }
        for_each<2 * num_rows>([&](auto i) NEUROCOMP_INLINED {
            constexpr size_t m = i / 2, half = i % 2;
            __m512i total = low[m][half];
            if constexpr (num_planes == 2) {
                total = _mm512_add_epi32(total, _mm512_slli_epi32(high[m][half], 8));
            }
            _mm512_storeu_si512(out + m * out_stride + 16 * half, total);
        });
    }

    // Adds 256 times the products of rows of bytes with the strip's listed groups.
    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void add_listed(const uint8_t* rows, size_t stride,
                                            const uint8_t* strip, const int32_t* groups,
                                            size_t num_listed, int32_t* out, size_t out_stride) {
        __m512i sums[num_rows][2];
        __m512i zero = _mm512_setzero_si512();
        NEUROCOMP_HIDE(zero);
        for_each<num_rows>([&](auto m) NEUROCOMP_INLINED { sums[m][0] = sums[m][1] = zero; });
        for (size_t i = 0; i < num_listed; ++i) {
            const auto g = static_cast<size_t>(groups[i]);
            const __m512i left = _mm512_loadu_si512(strip + g * group_bytes);
            const __m512i right = _mm512_loadu_si512(strip + g * group_bytes + 64);
            for_each<num_rows>([&](auto m) NEUROCOMP_INLINED {
                const __m512i one = four_of(rows + m * stride + g * group_inputs);
                sums[m][0] = add<kind>(sums[m][0], left, one);
                sums[m][1] = add<kind>(sums[m][1], right, one);
            });
        }
        for_each<2 * num_rows>([&](auto i) NEUROCOMP_INLINED {
            constexpr size_t m = i / 2, half = i % 2;
            int32_t* const to = out + m * out_stride + 16 * half;
            _mm512_storeu_si512(
                to, _mm512_add_epi32(_mm512_loadu_si512(to), _mm512_slli_epi32(sums[m][half], 8)));
        });
    }

    template <Strip kind, size_t num_rows>
    static NEUROCOMP_INLINE void multiply_all(const uint8_t* rows, size_t stride, size_t plane,
                                              bool is_wide, const uint8_t* strip, size_t num_groups,
                                              int32_t* out, size_t out_stride,
                                              const Fetching& fetching) {
        if (!is_wide) {
            multiply<kind, num_rows, 1>(rows, stride, plane, strip, num_groups, out, out_stride,
                                        fetching);
        } else if constexpr (num_rows == most_rows) {  // more than registers hold
            multiply_all<kind, num_rows / 2>(rows, stride, plane, true, strip, num_groups, out,
                                             out_stride, fetching);
            multiply_all<kind, num_rows / 2>(rows + num_rows / 2 * stride, stride, plane, true,
                                             strip, num_groups, out + num_rows / 2 * out_stride,
                                             out_stride, fetching.from_row(num_rows / 2));
        } else {
            multiply<kind, num_rows, 2>(rows, stride, plane, strip, num_groups, out, out_stride,
                                        fetching);
        }
    }
};

#else

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

#endif

// Takes `num_rows` rows at once, as often as it can without leaving a single one, whose sums would be
// too few to hide how long a product takes.
template <Strip kind, size_t num_rows>
NEUROCOMP_INLINE void multiply_some(const uint8_t* rows, size_t stride, size_t plane, bool is_wide,
                                    const uint8_t* strip, size_t num_groups, size_t last,
                                    int32_t* out, size_t out_stride, const Fetching& fetching,
                                    size_t& row) {
    if constexpr (num_rows <= Strips::most_rows) {
        for (; row + num_rows <= last && (row + num_rows + 1 != last || num_rows < 4);
             row += num_rows) {
            Strips::multiply_all<kind, num_rows>(rows + row * stride, stride, plane, is_wide, strip,
                                                 num_groups, out + row * out_stride, out_stride,
                                                 fetching.from_row(row));
        }
    }
}

// Writes 32 sums for each of `last` rows, `stride` bytes apart, over the strip's first groups; high
// bytes of rows, where they have any, lie `plane` bytes after the low ones.
template <Strip kind>
NEUROCOMP_INLINE void multiply_strip(const uint8_t* rows, size_t stride, size_t plane, bool is_wide,
                                     const uint8_t* strip, size_t num_groups, size_t last,
                                     int32_t* out, size_t out_stride,
                                     const Fetching& fetching = {}) {
    size_t row = 0;
    const auto take = [&](auto some) NEUROCOMP_INLINED {
        multiply_some<kind, some>(rows, stride, plane, is_wide, strip, num_groups, last, out,
                                  out_stride, fetching, row);
    };
    take(std::integral_constant<size_t, 12>());
    take(std::integral_constant<size_t, 6>());
    take(std::integral_constant<size_t, 4>());
    take(std::integral_constant<size_t, 3>());
    take(std::integral_constant<size_t, 2>());
    take(std::integral_constant<size_t, 1>());
}

}  // namespace

}  // namespace neurocomp::exact
