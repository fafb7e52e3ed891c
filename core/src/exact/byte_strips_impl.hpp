// Products of rows of bytes with a strip, by AVX-512 VNNI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"
#include "exact/fetching_impl.hpp"
#include "exact/strip_kinds_impl.hpp"

namespace neurocomp::exact {

namespace {

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

}  // namespace

}  // namespace neurocomp::exact
