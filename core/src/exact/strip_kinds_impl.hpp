// The two kinds of strips, and loops over the rows of their products that stay in registers.
//
// Weights and keys are bytes w + 128 under rows of signed numbers, so that 128 times the sum of a row
// is to be taken off (`Strip::biased`); values are signed bytes under rows of numbers that are not
// negative (`Strip::plain`).
#pragma once

#include <cstddef>
#include <utility>

#include "base/inlining.hpp"
#include "exact/dots_impl.hpp"
#include "exact/kernels.hpp"

namespace neurocomp::exact {

namespace {

enum class Strip { biased, plain };

inline constexpr size_t group_bytes = strip_outputs * group_inputs;

// Keeps GCC from knowing that sums begin with zero: it would treat the first step apart from the others,
// and have a move beside each addition of these.
#if defined(NEUROCOMP_DOTS_X86) && (defined(__GNUC__) || defined(__clang__))
#define NEUROCOMP_HIDE(vector) __asm__("" : "+v"(vector))
#else
#define NEUROCOMP_HIDE(vector) (void)(vector)
#endif

// Calls work(std::integral_constant<size_t, i>) for i below `count`: where GCC unrolls a loop, it has
// laid the registers that the loop counts through into memory before.
template <typename Work, size_t... numbers>
NEUROCOMP_INLINE void for_each(std::index_sequence<numbers...>, const Work& work) {
    (work(std::integral_constant<size_t, numbers>()), ...);
}
template <size_t count, typename Work>
NEUROCOMP_INLINE void for_each(const Work& work) {
    for_each(std::make_index_sequence<count>(), work);
}

}  // namespace

}  // namespace neurocomp::exact
