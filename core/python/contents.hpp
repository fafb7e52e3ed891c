// Bytes of Python as the core's, and arrays that own what they show.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "sections/sections.hpp"

namespace neurocomp::python {

template <typename T, size_t dimensions>
using Tensor = nb::ndarray<const T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
using ByteArray = Tensor<uint8_t, 1>;
using WritableBytes = nb::ndarray<uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

inline Bytes bytes_of(const ByteArray& array) { return {array.data(), array.size()}; }
inline Bytes bytes_of(const nb::bytes& content) {
    return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

// A numpy array of a copy of `data`.
template <typename T>
nb::object array_of(const T* data, std::vector<size_t> shape) {
    size_t size = 1;
    for (const size_t one : shape) size *= one;
    auto* const copy = new T[size];
    std::copy_n(data, size, copy);
    const nb::capsule owner(copy, [](void* memory) noexcept { delete[] static_cast<T*>(memory); });
    return nb::cast(nb::ndarray<nb::numpy, T>(copy, shape.size(), shape.data(), owner));
}

}  // namespace neurocomp::python
