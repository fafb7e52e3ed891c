// Products of a few rows with a strip of 32 outputs, as vector instructions.
//
// Sums wrap at 32 bits, so that neither the order of summation nor what is taken off later matters.
// strip_kinds_impl.hpp says which strips there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/inlining.hpp"
#include "exact/fetching_impl.hpp"
#include "exact/strip_kinds_impl.hpp"

// Each has `Strips`: how a kind of processor packs rows and multiplies them.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include "exact/byte_strips_impl.hpp"
#else
#include "exact/wide_strips_impl.hpp"
#endif

namespace neurocomp::exact {

namespace {

// Takes `num_rows` rows at once, as often as it can without leaving a single one, whose sums would be
// too few to hide how long a product takes.
template <Strip kind, size_t num_rows>
NEUROCOMP_INLINE void multiply_some(const uint8_t* rows, size_t stride, size_t plane, bool is_wide,
                                    const uint8_t* strip, size_t num_groups, size_t last,
                                    int32_t* out, size_t out_stride, const Fetching& fetching,
                                    size_t& row) {
    if constexpr (num_rows <= Strips::most_rows) {
        for (; row + num_rows <= last && (row + num_rows + 1 != last || num_rows < 4);
             row += num_rows) {
            Strips::multiply_all<kind, num_rows>(rows + row * stride, stride, plane, is_wide, strip,
                                                 num_groups, out + row * out_stride, out_stride,
                                                 fetching.from_row(row));
        }
    }
}

// Writes 32 sums for each of `last` rows, `stride` bytes apart, over the strip's first groups; high
// bytes of rows, where they have any, lie `plane` bytes after the low ones.
template <Strip kind>
NEUROCOMP_INLINE void multiply_strip(const uint8_t* rows, size_t stride, size_t plane, bool is_wide,
                                     const uint8_t* strip, size_t num_groups, size_t last,
                                     int32_t* out, size_t out_stride,
                                     const Fetching& fetching = {}) {
    size_t row = 0;
    const auto take = [&](auto some) NEUROCOMP_INLINED {
        multiply_some<kind, some>(rows, stride, plane, is_wide, strip, num_groups, last, out,
                                  out_stride, fetching, row);
    };
    take(std::integral_constant<size_t, 12>());
    take(std::integral_constant<size_t, 6>());
    take(std::integral_constant<size_t, 4>());
    take(std::integral_constant<size_t, 3>());
    take(std::integral_constant<size_t, 2>());
    take(std::integral_constant<size_t, 1>());
}

}  // namespace

}  // namespace neurocomp::exact
