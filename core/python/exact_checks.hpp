// What the bindings of exact arithmetic check alike.
#pragma once

#include "arrays.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::python {

using Exp2 = Input<int32_t, 1>;

inline void check_exp2(const Exp2& table) {
    require(table.shape(0) == exact::exp2_size, "a table of powers of 2 has 1024 entries");
    require(exact::kernels().minimum(table.data(), table.shape(0)) >= 0,
            "a power of 2 is negative");
}

template <typename A, typename B>
void check_alike(const A& one, const B& other) {
    require(one.shape(0) == other.shape(0) && one.shape(1) == other.shape(1),
            "arrays differ in their shapes");
}

}  // namespace neurocomp::python
