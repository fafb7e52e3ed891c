// Vectors of symbols, of 8-bit integers with a scale for each row and each column.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

// See neurocomp/exact/layers.py.
struct Embedding {
    const int8_t* weight;    // (V, width)
    const int32_t* rows;     // (V,)
    const int32_t* columns;  // (width,)
    int shift;
};

// Writes the vector of a symbol, plus what a position adds (width,), if that is not null.
inline void embed(const Embedding& embedding, size_t width, size_t symbol, const int32_t* position,
                  int32_t* out) {
    const int64_t half = half_of(embedding.shift);
    const int8_t* const from = embedding.weight + symbol * width;
    const int64_t scale = embedding.rows[symbol];
    for (size_t k = 0; k < width; ++k) {
        const int64_t scaled = multiply(from[k] * scale, embedding.columns[k]);
        const int64_t value = add(scaled, half) >> embedding.shift;
        const int64_t moved = position == nullptr ? value : add(value, position[k]);
        out[k] = narrow(clamp(moved, int64_t{residual_limit}));
    }
}

}  // namespace neurocomp::exact
