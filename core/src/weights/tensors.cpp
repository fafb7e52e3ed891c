#include "weights/tensors.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/little_endian.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::weights {

namespace {

// Whether T has all values of a type.
template <typename T>
bool holds(Type type) {
    const size_t bytes = item_bytes(type);
    if (is_signed(type)) return std::numeric_limits<T>::is_signed && bytes <= sizeof(T);
    return bytes < sizeof(T) || (bytes == sizeof(T) && !std::numeric_limits<T>::is_signed);
}

template <typename From, typename To>
void widen(const uint8_t* from, To* to, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        // NOLINTNEXTLINE(bugprone-signed-char-misuse): int8_t is a number
        to[i] = static_cast<To>(load_little<From>(from + i * sizeof(From)));
    }
}

}  // namespace

const StoredTensor& find_tensor(const Model& model, const std::string& name,
                                const std::vector<size_t>& shape) {
    const StoredTensor* const tensor = model.find(name);
    if (tensor == nullptr || tensor->shape() != shape) {
        std::string sizes;
        for (const size_t one : shape) {
            if (!sizes.empty()) sizes += ", ";
            sizes += std::to_string(one);
        }
        throw BadModel("tensor '" + name + "' of the model is missing, or not (" + sizes + ")");
    }
    return *tensor;
}

template <typename T>
void copy_as(const StoredTensor& tensor, T* out) {
    if (!holds<T>(tensor.type())) {
        throw BadModel("tensor '" + tensor.name() + "' of the model is of a wider type");
    }
    const size_t size = tensor.num_elements();
    if (item_bytes(tensor.type()) == sizeof(T)) {
        tensor.copy(reinterpret_cast<uint8_t*>(out));
        turn_little(out, size);
        return;
    }
    std::vector<uint8_t> narrow(tensor.num_bytes());
    tensor.copy(narrow.data());
    switch (tensor.type()) {
        case Type::int8:
            return widen<int8_t>(narrow.data(), out, size);
        case Type::int16:
            return widen<int16_t>(narrow.data(), out, size);
        case Type::int32:
            return widen<int32_t>(narrow.data(), out, size);
        case Type::uint8:
            return widen<uint8_t>(narrow.data(), out, size);
        case Type::uint16:
            return widen<uint16_t>(narrow.data(), out, size);
        case Type::uint32:
            return widen<uint32_t>(narrow.data(), out, size);
        default:
            return;  // nothing is wider than these
    }
}

template void copy_as(const StoredTensor&, int8_t*);
template void copy_as(const StoredTensor&, int16_t*);
template void copy_as(const StoredTensor&, int32_t*);
template void copy_as(const StoredTensor&, int64_t*);
template void copy_as(const StoredTensor&, uint8_t*);
template void copy_as(const StoredTensor&, uint16_t*);
template void copy_as(const StoredTensor&, uint32_t*);

int64_t read_integer(const Json& config, std::string_view name, int64_t least, int64_t most) {
    const Json* const value = config.find(name);
    const std::optional<int64_t> number = value == nullptr ? std::nullopt : value->integer();
    if (!number) throw BadModel("a model's configuration lacks the integer " + std::string(name));
    if (*number < least || *number > most) {
        throw BadModel(std::string(name) + " " + std::to_string(*number) +
                       " of a model is out of range");
    }
    return *number;
}

Array<int32_t> read_exp2(const Model& model) {
    Array<int32_t> table = read_tensor<int32_t>(model, "exp2", {exact::exp2_size});
    const int32_t* const begin = table.data();
    const int32_t* const end = begin + table.size();
    const bool falls = std::adjacent_find(begin, end, [](int32_t one, int32_t next) {
                           return next >= one;
                       }) == end;
    if (!falls || table[0] != int32_t{1} << exact::exp2_table_bits ||
        table[table.size() - 1] < int32_t{1} << (exact::exp2_table_bits - 1)) {
        throw BadModel("the table of powers of 2 of the model is damaged");
    }
    return table;
}

Array<int32_t> read_function(const Model& model, const std::string& name, int32_t least,
                             int32_t most) {
    Array<int32_t> table = read_tensor<int32_t>(model, name, {exact::table_size});
    const auto [low, high] = std::minmax_element(table.data(), table.data() + table.size());
    if (*low < least || *high > most) {
        throw BadModel("table '" + name + "' of the model has entries out of range");
    }
    return table;
}

}  // namespace neurocomp::weights
