// Rows of integers in memory that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::exact {

// `num_rows` rows of `num_columns` neighbouring elements, `stride` elements from row to row.
template <typename T>
struct Matrix {
    T* data;
    size_t num_rows;
    size_t num_columns;
    ptrdiff_t stride;

    NEUROCOMP_INLINE T* row(size_t number) const {
        return data + static_cast<ptrdiff_t>(number) * stride;
    }
};

}  // namespace neurocomp::exact
