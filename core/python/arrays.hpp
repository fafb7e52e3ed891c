// numpy arrays as the core's pointers: contents are checked by whoever passes them on.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "exact/matrix.hpp"

namespace neurocomp::python {

namespace nb = nanobind;

// Arrays of neighbouring elements, to read and to write; arguments are declared `noconvert`, so that
// nothing is written to a copy.
template <typename T, size_t num_dimensions>
using Input = nb::ndarray<const T, nb::ndim<num_dimensions>, nb::c_contig, nb::device::cpu>;
template <typename T, size_t num_dimensions>
using Output = nb::ndarray<T, nb::ndim<num_dimensions>, nb::c_contig, nb::device::cpu>;

// Rows of neighbouring elements, which may be columns of a wider array.
template <typename T>
using InputRows = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <typename T>
using OutputRows = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;

inline void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

template <typename T, typename... Properties>
exact::Matrix<T> matrix(const nb::ndarray<T, Properties...>& array) {
    require(array.shape(1) <= 1 || array.stride(1) == 1,
            "the columns of an array are not neighbours");
    return {array.data(), array.shape(0), array.shape(1), static_cast<ptrdiff_t>(array.stride(0))};
}

// A numpy array (n,) that owns `values`.
template <typename T>
nb::ndarray<nb::numpy, T, nb::ndim<1>> to_array(std::vector<T> values) {
    auto* const kept = new std::vector<T>(std::move(values));
    nb::capsule owner(kept, [](void* one) noexcept { delete static_cast<std::vector<T>*>(one); });
    return nb::ndarray<nb::numpy, T, nb::ndim<1>>(kept->data(), {kept->size()}, owner);
}

}  // namespace neurocomp::python
