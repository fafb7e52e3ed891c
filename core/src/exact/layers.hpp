// Attention, and norms, with the memory that they work in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/kernels.hpp"

namespace neurocomp::exact {

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

}  // namespace neurocomp::exact
