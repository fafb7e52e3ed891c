// Model files, and the integers in them: `neurocomp._core.weights`.
#include "weights.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/constants.hpp"
#include "base/crc32.hpp"
#include "base/sha256.hpp"
#include "bindings.hpp"
#include "weights/error.hpp"
#include "weights/model.hpp"
#include "weights/packing.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;
using weights::BadModel;
using weights::Bytes;
using weights::Check;
using weights::Type;

constexpr std::array<std::string_view, 8> type_names = {"int8",  "int16",  "int32",  "int64",
                                                        "uint8", "uint16", "uint32", "uint64"};

Type type_of(std::string_view name) {
    const auto* const found = std::find(type_names.begin(), type_names.end(), name);
    require(found != type_names.end(), "that is no type of a stored tensor");
    return static_cast<Type>(found - type_names.begin());
}

Check check_of(std::string_view name) {
    if (name == "identity") return Check::identity;
    if (name == "checksum") return Check::checksum;
    require(name == "nothing", "what is checked is identity, checksum or nothing");
    return Check::nothing;
}

Bytes bytes_of(const nb::bytes& content) {
    return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

nb::bytes to_bytes(Bytes bytes) {
    return nb::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// An array for `size` bytes that Python owns, and where they are to be written.
using ByteArray = nb::ndarray<nb::numpy, uint8_t, nb::ndim<1>>;

ByteArray new_array(size_t size) {
    auto* const memory = new uint8_t[size];
    nb::capsule owner(memory, [](void* one) noexcept { delete[] static_cast<uint8_t*>(one); });
    return ByteArray(memory, {size}, owner);
}

nb::object pack(const Input<uint8_t, 1>& elements, std::string_view dtype, size_t row_width) {
    const Type type = type_of(dtype);
    require(row_width >= 1 && elements.size() % (row_width * weights::item_bytes(type)) == 0,
            "a tensor has whole rows");
    const size_t num_rows = elements.size() / weights::item_bytes(type) / row_width;
    require(num_rows * row_width <= format::max_elements, "a packed tensor is too large");
    std::optional<std::vector<uint8_t>> packed;
    {
        const nb::gil_scoped_release release;
        packed = weights::pack({type, elements.data(), num_rows, row_width});
    }
    return packed ? nb::object(to_bytes(*packed)) : nb::object(nb::none());
}

ByteArray unpack(const nb::bytes& payload, std::string_view dtype, size_t num_rows,
                 size_t row_width) {
    const Type type = type_of(dtype);
    require(row_width >= 1 && row_width <= format::max_elements && num_rows >= 1 &&
                num_rows <= format::max_elements / row_width,
            "a packed tensor is empty or too large");
    ByteArray elements = new_array(num_rows * row_width * weights::item_bytes(type));
    const nb::gil_scoped_release release;
    weights::Packed(bytes_of(payload), type, num_rows, row_width).unpack(elements.data());
    return elements;
}

// Architecture, configuration, hash and unpacked tensors of a model file.
nb::tuple read(const nb::bytes& file, std::string_view check) {
    std::optional<weights::Model> model;
    {
        const nb::gil_scoped_release release;
        model = weights::read_model(bytes_of(file), check_of(check));
    }
    nb::dict tensors;
    for (const weights::StoredTensor& tensor : model->tensors) {
        nb::list shape;
        for (const size_t one : tensor.shape()) shape.append(one);
        ByteArray elements = new_array(tensor.num_bytes());
        tensor.copy(elements.data());
        const std::string_view type = type_names[static_cast<size_t>(tensor.type())];
        tensors[tensor.name().c_str()] =
            nb::make_tuple(type, nb::tuple(shape), nb::cast(std::move(elements)));
    }
    std::string config;
    model->config.append_canonical(config);
    return nb::make_tuple(model->architecture, config, to_bytes(model->sha256), tensors);
}

void bind_errors(nb::module_& module) {
    static std::array<PyObject*, 3> classes{};
    const auto add = [&](BadModel::Kind kind, const char* name, PyObject* base) {
        const std::string full = std::string("neurocomp._core.weights.") + name;
        PyObject* const made = PyErr_NewException(full.c_str(), base, nullptr);
        if (made == nullptr) throw nb::python_error();
        classes[static_cast<size_t>(kind)] = made;
        module.attr(name) = nb::borrow(made);
        return made;
    };
    PyObject* const base = add(BadModel::Kind::damaged, "BadModel", PyExc_ValueError);
    add(BadModel::Kind::unsupported, "UnsupportedModel", base);
    add(BadModel::Kind::mismatch, "MismatchedModel", base);
    nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
        try {
            std::rethrow_exception(pointer);
        } catch (const BadModel& error) {
            PyErr_SetString(classes[static_cast<size_t>(error.kind)], error.what());
        }
    });
}

template <typename T>
Array<T> copy_of(nb::handle part, size_t size) {
    const auto array = nb::cast<nb::ndarray<const T, nb::c_contig, nb::device::cpu>>(part);
    require(array.size() == size, "what the mixers know has a wrong shape");
    Array<T> copy(size);
    std::copy_n(array.data(), size, copy.data());
    return copy;
}

}  // namespace

PythonNetwork::PythonNetwork(const nb::bytes& file, const std::string& check) {
    const nb::gil_scoped_release release;
    made_ = weights::make_network(weights::read_model(bytes_of(file), check_of(check)));
    if (made_->experience() != nullptr) experience_ = *made_->experience();
}

void PythonNetwork::set_experience(const nb::object& parts) {
    own_.reset();
    experience_.reset();
    if (parts.is_none()) return;
    const auto arrays = nb::cast<nb::tuple>(parts);
    require(arrays.size() == 5, "what the mixers know has five parts");
    own_.emplace(copy_of<int32_t>(arrays[0], size_t{mix::num_rows} * mix::num_inputs),
                 copy_of<int32_t>(arrays[1], size_t{mix::num_final_rows} * mix::num_sets),
                 copy_of<uint32_t>(arrays[2], size_t{mix::num_contexts} * mix::num_histories),
                 copy_of<uint32_t>(arrays[3], 256),
                 copy_of<uint32_t>(arrays[4], size_t{mix::num_matches} * mix::match_steps));
    own_->check();
    experience_ = own_->view();
}

void bind_weights(nb::module_& parent) {
    nb::module_ module = parent.def_submodule("weights");
    bind_errors(module);
    module.def("pack", &pack, "elements"_a.noconvert(), "dtype"_a, "row_width"_a);
    module.def("unpack", &unpack, "payload"_a, "dtype"_a, "num_rows"_a, "row_width"_a);
    module.def("read", &read, "file"_a, "check"_a);
    module.def(
        "crc32", [](const nb::bytes& content) { return crc32(bytes_of(content)); }, "content"_a);
    module.def(
        "sha256",
        [](const nb::list& parts) {
            Sha256 hash;
            for (const nb::handle part : parts) hash.update(bytes_of(nb::cast<nb::bytes>(part)));
            return to_bytes(hash.finish());
        },
        "parts"_a);
}

}  // namespace neurocomp::python
