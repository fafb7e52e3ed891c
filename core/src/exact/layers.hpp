// Attention, and norms, with the memory that they work in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exact/kernels.hpp"

namespace neurocomp::exact {

// A linear layer and the bound of its quantised inputs: see neurocomp/exact/layers.py.
struct Layer {
    LinearParts parts;
    int64_t limit;
};

// Of rows before a layer; without gains all are 1.
struct Norm {
    const int32_t* gain;  // (K,)
    int64_t epsilon;
    bool center;
};

// Kernels::attend.  Throws std::bad_alloc.
void attend(Matrix<const int32_t> queries, const Cache<const int16_t>& keys,
            const Cache<const int16_t>& values, size_t start, const AttentionScale& scale,
            const int32_t* exp2, const Sight* sight, Matrix<int32_t> out);

// Kernels::attend_window.  Throws std::bad_alloc.
void attend_window(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                   const ByteCache& keys, const ByteCache& values, size_t start,
                   const Window& window, const AttentionScale& scale, const int32_t* exp2,
                   Matrix<int32_t> out);

// Whether each position t of `num_positions` sees some positions up to its own.
bool is_sound(const Sight& sight, size_t num_positions, size_t num_seen);

// Writes rows divided by their root mean square, after taking their mean off where `center` is set,
// times `gain` (K,): see neurocomp/exact/layers.py.  Throws std::bad_alloc.
void normalise_rows(Matrix<const int32_t> values, const int32_t* gain, int64_t epsilon, bool center,
                    int64_t limit, Matrix<int16_t> out, int64_t* mantissas, int64_t* exponents);

// Layers on rows of fixed point, and the memory that their quantised inputs take.
class LayerSteps {
   public:
    // For up to so many rows of up to so many columns.  Throws std::bad_alloc.
    LayerSteps(size_t num_rows, size_t num_columns);

    // Writes the outputs of a layer after a norm, (M, N).
    void apply_normed(Matrix<const int32_t> rows, const Norm& norm, const Layer& layer,
                      Matrix<int32_t> out);
    // The same without a norm.
    void apply(Matrix<const int32_t> rows, const Layer& layer, Matrix<int32_t> out);

   private:
    Matrix<int16_t> inputs(size_t num_rows, const Layer& layer);
    void finish(const Layer& layer, Matrix<int16_t> rows, Matrix<int32_t> out) const;

    std::vector<int16_t> quantised_;
    std::vector<int64_t> mantissas_, exponents_;
};

// Turns rows of logits to base 2, in units of 2**-10, into frequency tables.
void frequencies_in_place(Matrix<int32_t> logits, const int32_t* exp2);

// Rows to read only.
inline Matrix<const int32_t> to_read(Matrix<int32_t> rows) {
    return {rows.data, rows.num_rows, rows.num_columns, rows.stride};
}

// Some columns of rows.
inline Matrix<int32_t> columns(Matrix<int32_t> rows, size_t first, size_t count) {
    return {rows.data + first, rows.num_rows, count, rows.stride};
}

}  // namespace neurocomp::exact
