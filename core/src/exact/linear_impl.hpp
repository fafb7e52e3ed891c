// Products of quantised rows with 8-bit weights, scaled back to fixed point.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/dots_impl.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

inline constexpr size_t row_block = 64;  // rows that stay in the second cache while weights pass

template <size_t num_rows, size_t num_columns>
NEUROCOMP_INLINE void linear_tile(const LinearParts& layer, Matrix<const int16_t> rows,
                                  const int64_t* mantissas, const int64_t* exponents, size_t m,
                                  size_t n, Matrix<int32_t> out) {
    const int16_t* left[num_rows];
    const int8_t* right[num_columns];
    int32_t sums[num_rows][num_columns];
    for (size_t i = 0; i < num_rows; ++i) left[i] = rows.row(m + i);
    for (size_t j = 0; j < num_columns; ++j) right[j] = layer.weight + (n + j) * layer.num_inputs;
    dot_products(left, right, layer.num_inputs, sums);
    for (size_t i = 0; i < num_rows; ++i) {
        int32_t* const target = out.row(m + i);
        const int64_t shift = layer.shift - exponents[m + i];
        for (size_t j = 0; j < num_columns; ++j) {
            const int64_t factor = multiply(mantissas[m + i], layer.multiplier[n + j]);
            const int64_t value = scale_sum(sums[i][j], factor, shift);
            target[n + j] = narrow(clamp(add(value, layer.bias[n + j]), layer.clip));
        }
    }
}

template <size_t num_columns>
NEUROCOMP_INLINE void linear_columns(const LinearParts& layer, Matrix<const int16_t> rows,
                                     const int64_t* mantissas, const int64_t* exponents,
                                     size_t first, size_t last, size_t n, Matrix<int32_t> out) {
    size_t m = first;
    for (; m + 2 <= last; m += 2) {
        linear_tile<2, num_columns>(layer, rows, mantissas, exponents, m, n, out);
    }
    if (m < last) linear_tile<1, num_columns>(layer, rows, mantissas, exponents, m, n, out);
}

// Writes the layer's outputs (M, N) for rows (M, num_inputs).
void apply_linear(const LinearParts& layer, Matrix<const int16_t> rows, const int64_t* mantissas,
                  const int64_t* exponents, Matrix<int32_t> out) {
    constexpr size_t width = 4;
    for (size_t first = 0; first < rows.num_rows; first += row_block) {
        const size_t last = smaller(first + row_block, rows.num_rows);
        size_t n = 0;
        for (; n + width <= layer.num_outputs; n += width) {
            linear_columns<width>(layer, rows, mantissas, exponents, first, last, n, out);
        }
        for (; n < layer.num_outputs; ++n) {
            linear_columns<1>(layer, rows, mantissas, exponents, first, last, n, out);
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
