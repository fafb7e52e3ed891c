// All kernels, for the processor that the including source is compiled for: included once by each.
#pragma once

#include "exact/attention_impl.hpp"
#include "exact/frequencies_impl.hpp"
#include "exact/kernels.hpp"
#include "exact/linear_impl.hpp"
#include "exact/packed_impl.hpp"
#include "exact/packed_window_impl.hpp"
#include "exact/rows_impl.hpp"
#include "exact/window_impl.hpp"

namespace neurocomp::exact {

namespace {

constexpr Kernels all_kernels = {
    quantise_row,    frequencies_of_logits,
    add_shares,      sum,
    minimum,         count_equal,
    quantise_rows,   centre_rows,
    divide_by_norms, normalise_heads,
    activate_rows,   gate_rows,
    rotate_rows,     add_rows,
    recur,           square_rows,
    apply_linear,    store_heads,
    attend,          store_window,
    attend_window,   pack_rows,
    apply_strips,    add_strips,
    store_packed,    attend_packed,
};

}  // namespace

}  // namespace neurocomp::exact
