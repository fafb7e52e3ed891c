// Products of bytes with SSE2, which every x86-64 processor has: pairs of 16-bit numbers.
#pragma once

#include <emmintrin.h>

#include "base/integers.hpp"
#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

class Sse2Products {
   public:
    explicit Sse2Products(const Rows& rows) : rows_(rows) {}

    void strip(size_t row, size_t count, const int8_t* weights, const int32_t* offsets,
               int32_t* out) const {
        for (size_t first = 0; first < strip_outputs; first += outputs) {
            for (size_t m = 0; m < count; ++m) {
                std::memcpy(out + m * sums_stride + first, offsets + first,
                            outputs * sizeof(int32_t));
            }
            for (size_t group = 0; group < num_groups(); group += wide_groups) {
                add_products(row, count, group, weights + first * group_inputs, out + first);
            }
        }
    }

   private:
    static constexpr size_t outputs = 4;        // of a pass
    static constexpr size_t wide_groups = 256;  // whose weights are widened before they are used
    static constexpr size_t few_rows = 2;       // for which that would not pay

    // Weights of eight inputs, 16 bits each.
    struct Weights {
        __m128i of[outputs];
    };

    size_t num_groups() const { return static_cast<size_t>(rows_.num_groups); }

    // Adds products of the groups from `group` on, about 256 of them, to sums.
    void add_products(size_t row, size_t count, size_t group, const int8_t* weights,
                      int32_t* out) const {
        const size_t last = smaller(group + wide_groups, num_groups());
        if (count <= few_rows) {
            const auto load = [&](size_t g) { return widen(weights, g); };
            multiply_rows(row, count, group, last, load, out);
            return;
        }
        Weights wide[wide_groups / 2];
        for (size_t g = group; g < last; g += 2) wide[(g - group) / 2] = widen(weights, g);
        const auto load = [&](size_t g) -> const Weights& { return wide[(g - group) / 2]; };
        multiply_rows(row, count, group, last, load, out);
    }

    template <typename Load>
    NEUROCOMP_INLINE void multiply_rows(size_t row, size_t count, size_t group, size_t last,
                                        const Load& load, int32_t* out) const {
        size_t m = 0;
        for (; m + 2 <= count; m += 2) {
            multiply<2>(row + m, group, last, load, out + m * sums_stride);
        }
        if (m < count) multiply<1>(row + m, group, last, load, out + m * sums_stride);
    }

    template <size_t num_rows, typename Load>
    NEUROCOMP_INLINE void multiply(size_t row, size_t group, size_t last, const Load& load,
                                   int32_t* out) const {
        __m128i sums[num_rows][outputs];
        for (auto& of_row : sums) {
            for (__m128i& sum : of_row) sum = _mm_setzero_si128();
        }
        const uint8_t* inputs = rows_.bytes + row * rows_.stride + group * group_inputs;
        for (size_t g = group; g + 2 <= last; g += 2, inputs += size_t{2} * group_inputs) {
            const Weights& eight = load(g);
            for (size_t m = 0; m < num_rows; ++m) {
                const auto* const from = inputs + m * rows_.stride;
                add(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)), eight, sums[m]);
            }
        }
        if ((last - group) % 2 != 0) {  // the last group alone, with zeros beside it
            const Weights& eight = load(last - 1);
            for (size_t m = 0; m < num_rows; ++m) {
                int32_t four = 0;
                std::memcpy(&four, inputs + m * rows_.stride, sizeof four);
                add(_mm_cvtsi32_si128(four), eight, sums[m]);
            }
        }
        for (size_t m = 0; m < num_rows; ++m) {
            auto* const to = reinterpret_cast<__m128i*>(out + m * sums_stride);
            _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), sum_each(sums[m])));
        }
    }

    // The sum of each register's four numbers.
    static NEUROCOMP_INLINE __m128i sum_each(const __m128i (&of)[outputs]) {
        const __m128i one =
            _mm_add_epi32(_mm_unpacklo_epi32(of[0], of[1]), _mm_unpackhi_epi32(of[0], of[1]));
        const __m128i two =
            _mm_add_epi32(_mm_unpacklo_epi32(of[2], of[3]), _mm_unpackhi_epi32(of[2], of[3]));
        return _mm_add_epi32(_mm_unpacklo_epi64(one, two), _mm_unpackhi_epi64(one, two));
    }

    // Adds products of eight inputs, given as bytes.
    static NEUROCOMP_INLINE void add(__m128i bytes, const Weights& eight,
                                     __m128i (&sums)[outputs]) {
        const __m128i inputs = _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
        for (size_t n = 0; n < outputs; ++n) {
            sums[n] = _mm_add_epi32(sums[n], _mm_madd_epi16(inputs, eight.of[n]));
        }
    }

    NEUROCOMP_INLINE Weights widen(const int8_t* weights, size_t group) const {
        const int8_t* const from = weights + group * group_bytes;
        const __m128i one = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        __m128i two = _mm_setzero_si128();
        if (group + 1 < num_groups()) {
            two = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + group_bytes));
        }
        const __m128i low = _mm_unpacklo_epi32(one, two);
        const __m128i high = _mm_unpackhi_epi32(one, two);
        const __m128i low_signs = _mm_cmpgt_epi8(_mm_setzero_si128(), low);
        const __m128i high_signs = _mm_cmpgt_epi8(_mm_setzero_si128(), high);
        return {{_mm_unpacklo_epi8(low, low_signs), _mm_unpackhi_epi8(low, low_signs),
                 _mm_unpacklo_epi8(high, high_signs), _mm_unpackhi_epi8(high, high_signs)}};
    }

    Rows rows_;
};

}  // namespace

}  // namespace neurocomp::products
