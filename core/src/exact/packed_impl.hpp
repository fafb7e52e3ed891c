// Layers in strips: what linear_impl.hpp computes, for many outputs at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exact/kernels.hpp"
#include "exact/scaling.hpp"
#include "exact/strips_impl.hpp"

namespace neurocomp::exact {

namespace {

// Packs rows of numbers as rows of `out` from `first` on; they have whole groups of inputs.
void pack_rows(Matrix<const int16_t> rows, bool is_wide, size_t first, const PackedRows& out) {
    for (size_t m = 0; m < rows.num_rows; ++m) {
        const int16_t* const row = rows.row(m);
        int32_t sum = 0;
        for (size_t k = 0; k < rows.num_columns; ++k) sum = wrapping_add(sum, row[k]);
        out.sums[first + m] = sum;
        Strips::pack(row, rows.num_columns, is_wide, out.data + (first + m) * out.stride);
    }
}

// What the bytes of biased strips add to a sum.
NEUROCOMP_INLINE int32_t bias_of(int32_t sum) {
    return static_cast<int32_t>(static_cast<uint32_t>(sum) << 7);
}

// How sums of a row's products come back to fixed point.
struct RowScaling {
    int32_t bias;  // to be taken off
    int64_t mantissa;
    int bits;
    int64_t clip;

    NEUROCOMP_INLINE RowScaling(const PackedParts& layer, const PackedRows& rows, size_t row)
        : bias(bias_of(rows.sums[row])), mantissa(rows.mantissas[row]), clip(layer.clip) {
        const int64_t shift = layer.shift - rows.exponents[row];
        bits = static_cast<int>(larger(int64_t{1}, smaller(shift, int64_t{max_shift})));
    }
};

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

// Numbers of 64 bits, those of even and of odd places among numbers of 32 bits.
struct Halves {
    __m512i even, odd;
};

NEUROCOMP_INLINE __m512i join(const Halves& halves) {
    return _mm512_mask_blend_epi32(0xAAAA, halves.even, _mm512_slli_epi64(halves.odd, 32));
}

NEUROCOMP_INLINE Halves widen(__m512i numbers) {
    return {_mm512_srai_epi64(_mm512_slli_epi64(numbers, 32), 32), _mm512_srai_epi64(numbers, 32)};
}

// What a strip's outputs are scaled by.
struct StripScales {
    Halves multipliers[2], biases[2];  // of multipliers the lower halves count

    NEUROCOMP_INLINE StripScales(const PackedParts& layer, size_t first) {
        for (size_t half = 0; half < 2; ++half) {
            const size_t at = first + 16 * half;
            const __m512i some = _mm512_loadu_si512(layer.multipliers + at);
            multipliers[half] = {some, _mm512_srli_epi64(some, 32)};
            biases[half] = widen(_mm512_loadu_si512(layer.biases + at));
        }
    }

    // Calls write(first of 16 outputs, these) for all of a row.
    template <typename Write>
    NEUROCOMP_INLINE void apply(const int32_t* sums, const RowScaling& row,
                                const Write& write) const {
        const __m512i mantissa = _mm512_set1_epi64(row.mantissa);
        const __m512i rounding = _mm512_set1_epi64(int64_t{1} << (row.bits - 1));
        const __m128i bits = _mm_cvtsi32_si128(row.bits);
        const __m512i most = _mm512_set1_epi64(row.clip), least = _mm512_set1_epi64(-row.clip);
        const auto scale = [&](__m512i sum, __m512i multiplier, __m512i bias) {
            const __m512i factor = _mm512_mul_epu32(multiplier, mantissa);
            const __m512i product = _mm512_add_epi64(_mm512_mullo_epi64(sum, factor), rounding);
            const __m512i value = _mm512_add_epi64(_mm512_sra_epi64(product, bits), bias);
            return _mm512_max_epi64(_mm512_min_epi64(value, most), least);
        };
        for (size_t half = 0; half < 2; ++half) {
            const Halves sum = widen(_mm512_sub_epi32(_mm512_loadu_si512(sums + 16 * half),
                                                      _mm512_set1_epi32(row.bias)));
            write(16 * half, join({scale(sum.even, multipliers[half].even, biases[half].even),
                                   scale(sum.odd, multipliers[half].odd, biases[half].odd)}));
        }
    }

    NEUROCOMP_INLINE void write(const int32_t* sums, const RowScaling& row, int32_t* to) const {
        apply(sums, row,
              [&](size_t at, __m512i outputs) { _mm512_storeu_si512(to + at, outputs); });
    }

    NEUROCOMP_INLINE void add(const int32_t* sums, const RowScaling& row, int32_t* to) const {
        const __m512i most = _mm512_set1_epi64(residual_limit);
        const __m512i least = _mm512_set1_epi64(-residual_limit);
        const auto sum = [&](__m512i x, __m512i y) {
            return _mm512_max_epi64(_mm512_min_epi64(_mm512_add_epi64(x, y), most), least);
        };
        apply(sums, row, [&](size_t at, __m512i outputs) {
            const Halves a = widen(_mm512_loadu_si512(to + at)), b = widen(outputs);
            _mm512_storeu_si512(to + at, join({sum(a.even, b.even), sum(a.odd, b.odd)}));
        });
    }
};

#else

struct StripScales {
    const uint32_t* multipliers;
    const int32_t* biases;

    NEUROCOMP_INLINE StripScales(const PackedParts& layer, size_t first)
        : multipliers(layer.multipliers + first), biases(layer.biases + first) {}

    NEUROCOMP_INLINE int32_t scaled(const int32_t* sums, const RowScaling& row, size_t n) const {
        const int64_t factor = row.mantissa * static_cast<int64_t>(multipliers[n]);
        const int64_t sum = wrapping_subtract(sums[n], row.bias);
        const int64_t half = int64_t{1} << (row.bits - 1);
        const int64_t value = neurocomp::exact::add(multiply(sum, factor), half) >> row.bits;
        return narrow(clamp(neurocomp::exact::add(value, biases[n]), row.clip));
    }

    NEUROCOMP_INLINE void write(const int32_t* sums, const RowScaling& row, int32_t* to) const {
        for (size_t n = 0; n < strip_outputs; ++n) to[n] = scaled(sums, row, n);
    }

    NEUROCOMP_INLINE void add(const int32_t* sums, const RowScaling& row, int32_t* to) const {
        for (size_t n = 0; n < strip_outputs; ++n) {
            const int64_t value = int64_t{to[n]} + int64_t{scaled(sums, row, n)};
            to[n] = narrow(clamp(value, int64_t{residual_limit}));
        }
    }
};

#endif

// Has finish(scales, sums, scaling, where) done for each row and strip; the last strip may have fewer
// outputs, which are then copied.
template <typename Finish>
NEUROCOMP_INLINE void each_strip(const PackedParts& layer, const PackedRows& rows, size_t first,
                                 size_t last, Matrix<int32_t> out, const Finish& finish) {
    constexpr size_t most_rows = 48;  // whose sums stay in the first cache
    alignas(64) int32_t sums[most_rows * strip_outputs];
    const size_t plane = layer.num_groups * group_inputs;
    for (size_t strip = first; strip < last; ++strip) {
        const uint8_t* const weights = layer.weights + strip * layer.num_groups * group_bytes;
        const size_t base = strip * strip_outputs;
        const size_t count = smaller(strip_outputs, layer.num_outputs - base);
        const StripScales scales(layer, base);
        Fetching fetching;
        if (rows.num_rows >= 4) {
            fetching =
                Fetching(weights + layer.num_groups * group_bytes, layer.num_groups, rows.num_rows);
        }
        for (size_t row = 0; row < rows.num_rows; row += most_rows) {
            const size_t number = smaller(most_rows, rows.num_rows - row);
            multiply_strip<Strip::biased>(rows.data + row * rows.stride, rows.stride, plane,
                                          layer.is_wide, weights, layer.num_groups, number, sums,
                                          strip_outputs, fetching.from_row(row));
            for (size_t m = 0; m < number; ++m) {
                const int32_t* const some = sums + m * strip_outputs;
                const RowScaling scaling(layer, rows, row + m);
                int32_t* const to = out.row(row + m) + base;
                if (count == strip_outputs) {
                    finish(scales, some, scaling, to);
                    continue;
                }
                int32_t copy[strip_outputs] = {};
                std::memcpy(copy, to, count * sizeof(int32_t));
                finish(scales, some, scaling, copy);
                std::memcpy(to, copy, count * sizeof(int32_t));
            }
        }
    }
}

// Writes the outputs of strips `first` up to `last`.
void apply_strips(const PackedParts& layer, const PackedRows& rows, size_t first, size_t last,
                  Matrix<int32_t> out) {
    each_strip(layer, rows, first, last, out,
               [](const StripScales& scales, const int32_t* sums, const RowScaling& row,
                  int32_t* to) { scales.write(sums, row, to); });
}

// Adds them to the residual stream.
void add_strips(const PackedParts& layer, const PackedRows& rows, size_t first, size_t last,
                Matrix<int32_t> out) {
    each_strip(layer, rows, first, last, out,
               [](const StripScales& scales, const int32_t* sums, const RowScaling& row,
                  int32_t* to) { scales.add(sums, row, to); });
}

}  // namespace

}  // namespace neurocomp::exact
