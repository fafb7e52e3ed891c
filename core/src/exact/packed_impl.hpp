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

// Scales the sums of a strip back to fixed point.
NEUROCOMP_INLINE void scale_strip(const PackedParts& layer, size_t first, const int32_t* sums,
                                  int32_t bias, int64_t mantissa, int64_t shift, int32_t* out) {
    const auto bits = static_cast<int>(larger(int64_t{1}, smaller(shift, int64_t{max_shift})));
    const int64_t half = int64_t{1} << (bits - 1);
    const uint32_t* const multipliers = layer.multipliers + first;
    const int32_t* const biases = layer.biases + first;
    for (size_t n = 0; n < strip_outputs; ++n) {
        const int64_t factor = mantissa * static_cast<int64_t>(multipliers[n]);
        const int64_t sum = wrapping_subtract(sums[n], bias);
        const int64_t value = add(multiply(sum, factor), half) >> bits;
        out[n] = narrow(clamp(add(value, biases[n]), layer.clip));
    }
}

// Calls write(row, first output, their number, scaled sums) for each row and strip.
template <typename Write>
NEUROCOMP_INLINE void each_strip(const PackedParts& layer, const PackedRows& rows, size_t first,
                                 size_t last, const Write& write) {
    constexpr size_t most_rows = 48;  // whose sums stay in the first cache
    alignas(64) int32_t sums[most_rows * strip_outputs];
    const size_t plane = layer.num_groups * group_inputs;
    for (size_t strip = first; strip < last; ++strip) {
        const uint8_t* const weights = layer.weights + strip * layer.num_groups * group_bytes;
        const size_t base = strip * strip_outputs;
        const size_t count = smaller(strip_outputs, layer.num_outputs - base);
        for (size_t row = 0; row < rows.num_rows; row += most_rows) {
            const size_t number = smaller(most_rows, rows.num_rows - row);
            multiply_strip<Strip::biased>(rows.data + row * rows.stride, rows.stride, plane,
                                          layer.is_wide, weights, layer.num_groups, number, sums,
                                          strip_outputs);
            for (size_t m = 0; m < number; ++m) {
                int32_t* const some = sums + m * strip_outputs;
                scale_strip(layer, base, some, bias_of(rows.sums[row + m]), rows.mantissas[row + m],
                            layer.shift - rows.exponents[row + m], some);
                write(row + m, base, count, some);
            }
        }
    }
}

// Writes the outputs of strips `first` up to `last`.
void apply_strips(const PackedParts& layer, const PackedRows& rows, size_t first, size_t last,
                  Matrix<int32_t> out) {
    each_strip(layer, rows, first, last,
               [&](size_t row, size_t base, size_t count, const int32_t* scaled) {
                   int32_t* const to = out.row(row) + base;
                   if (count == strip_outputs) {
                       std::memcpy(to, scaled, strip_outputs * sizeof(int32_t));
                   } else {
                       std::memcpy(to, scaled, count * sizeof(int32_t));
                   }
               });
}

// Adds them to the residual stream.
void add_strips(const PackedParts& layer, const PackedRows& rows, size_t first, size_t last,
                Matrix<int32_t> out) {
    each_strip(layer, rows, first, last,
               [&](size_t row, size_t base, size_t count, const int32_t* scaled) {
                   int32_t* const to = out.row(row) + base;
                   const auto add_one = [&](size_t n) {
                       const int64_t value = int64_t{to[n]} + int64_t{scaled[n]};
                       to[n] = narrow(clamp(value, int64_t{residual_limit}));
                   };
                   if (count == strip_outputs) {
                       for (size_t n = 0; n < strip_outputs; ++n) add_one(n);
                   } else {
                       for (size_t n = 0; n < count; ++n) add_one(n);
                   }
               });
}

}  // namespace

}  // namespace neurocomp::exact
