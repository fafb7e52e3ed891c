// Content before a model sees it: `neurocomp._core.content`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "content/density.hpp"
#include "frame/line_ends.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

std::span<const uint8_t> span_of(const nb::bytes& content) {
    return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

bool is_dense(const nb::bytes& content, const std::optional<nb::bytes>& before) {
    const std::span<const uint8_t> data = span_of(content);
    const auto read = before ? span_of(*before) : std::span<const uint8_t>{};
    const nb::gil_scoped_release release;
    return content::is_dense(data, read);
}

std::pair<size_t, size_t> count_line_ends(const nb::bytes& content) {
    const std::span<const uint8_t> data = span_of(content);
    const nb::gil_scoped_release release;
    const frame::LineEnds found = frame::count_line_ends(data);
    return {found.num_single, found.num_lone};
}

nb::bytes exchange_line_ends(const nb::bytes& content) {
    const std::span<const uint8_t> data = span_of(content);
    std::vector<uint8_t> out;
    {
        const nb::gil_scoped_release release;
        const size_t wanted = frame::count_line_ends(data).bytes_after(data.size());
        auto exchanged = frame::exchange_line_ends(data, wanted);
        if (!exchanged) throw std::logic_error("line ends were counted wrongly");
        out = std::move(*exchanged);
    }
    return nb::bytes(out.data(), out.size());
}

}  // namespace

void bind_content(nb::module_& parent) {
    nb::module_ m = parent.def_submodule("content", "Content before a model sees it.");
    m.attr("TRIFLE") = content::trifle;
    m.attr("MIN_DENSE_BYTES") = content::min_dense_bytes;
    m.def("is_dense", &is_dense, "content"_a, "before"_a.none() = nb::none());
    m.def("count_line_ends", &count_line_ends, "content"_a);
    m.def("exchange_line_ends", &exchange_line_ends, "content"_a);
}

}  // namespace neurocomp::python
