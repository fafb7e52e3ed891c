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

// Has the processor fetch weights that are next: left to itself it waits for them a third of the time
// where rows are few.
NEUROCOMP_INLINE void fetch_weights(const LinearParts& layer, size_t first, size_t last) {
#if defined(__GNUC__) || defined(__clang__)
    constexpr size_t cache_line = 64;
    const int8_t* const end = layer.weight + smaller(last, layer.num_outputs) * layer.num_inputs;
    const int8_t* at = layer.weight + smaller(first, layer.num_outputs) * layer.num_inputs;
    for (; end - at >= static_cast<ptrdiff_t>(cache_line); at += cache_line) __builtin_prefetch(at);
#else
    (void)layer, (void)first, (void)last;
#endif
}

// Tiles of `height` rows and `width` columns over `group` columns; returns the first row that is left.
template <size_t height, size_t width, size_t group>
NEUROCOMP_INLINE size_t linear_tiles(const LinearParts& layer, Matrix<const int16_t> rows,
                                     const int64_t* mantissas, const int64_t* exponents,
                                     size_t first, size_t last, size_t n, Matrix<int32_t> out) {
    size_t m = first;
    for (; m + height <= last; m += height) {
        for (size_t j = 0; j < group; j += width) {
            linear_tile<height, width>(layer, rows, mantissas, exponents, m, n + j, out);
        }
    }
    return m;
}

template <size_t width, size_t group>
NEUROCOMP_INLINE void linear_columns(const LinearParts& layer, Matrix<const int16_t> rows,
                                     const int64_t* mantissas, const int64_t* exponents,
                                     size_t first, size_t last, size_t n, Matrix<int32_t> out) {
    fetch_weights(layer, n + group, n + 2 * group);
    size_t m = first;
    if constexpr (width > 1) {
        m = linear_tiles<4, width / 2, group>(layer, rows, mantissas, exponents, m, last, n, out);
        m = linear_tiles<2, width, group>(layer, rows, mantissas, exponents, m, last, n, out);
    }
    linear_tiles<1, width, group>(layer, rows, mantissas, exponents, m, last, n, out);
}

// Writes the layer's outputs (M, N) for rows (M, num_inputs).
void apply_linear(const LinearParts& layer, Matrix<const int16_t> rows, const int64_t* mantissas,
                  const int64_t* exponents, Matrix<int32_t> out) {
    constexpr size_t width = 4, group = 8;
    for (size_t first = 0; first < rows.num_rows; first += row_block) {
        const size_t last = smaller(first + row_block, rows.num_rows);
        size_t n = 0;
        for (; n + group <= layer.num_outputs; n += group) {
            linear_columns<width, group>(layer, rows, mantissas, exponents, first, last, n, out);
        }
        for (; n < layer.num_outputs; ++n) {
            linear_columns<1, 1>(layer, rows, mantissas, exponents, first, last, n, out);
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
