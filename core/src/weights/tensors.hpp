// Tensors of a model by name, in the types that arithmetic takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory.hpp"
#include "weights/model.hpp"

namespace neurocomp::weights {

// The tensor of that name.  Throws BadModel where it is missing, or of another shape.
const StoredTensor& find_tensor(const Model& model, const std::string& name,
                                const std::vector<size_t>& shape);

// Writes the elements of a tensor, in the machine's order of bytes.  Throws BadModel where T has not
// all values of their type.  T is an integer of 8 to 64 bits.
template <typename T>
void copy_as(const StoredTensor& tensor, T* out);

// Both.
template <typename T>
Array<T> read_tensor(const Model& model, const std::string& name,
                     const std::vector<size_t>& shape) {
    const StoredTensor& tensor = find_tensor(model, name, shape);
    Array<T> elements(tensor.num_elements(), PageSize::huge);
    copy_as(tensor, elements.data());
    return elements;
}

// An integer of a configuration.  Throws BadModel where it is missing, or none of least .. most.
int64_t read_integer(const Json& config, std::string_view name, int64_t least, int64_t most);

// The table of powers of 2 of -i / 1024, times 2**30.  Throws BadModel where it is none.
Array<int32_t> read_exp2(const Model& model);

// The table of a function, 32768 entries of `least` .. `most`.  Throws BadModel.
Array<int32_t> read_function(const Model& model, const std::string& name, int32_t least,
                             int32_t most);

}  // namespace neurocomp::weights
