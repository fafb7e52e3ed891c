// The core as Python sees it: neurocomp/_core/__init__.pyi says what each function takes.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "base/damage.hpp"
#include "base/processor.hpp"
#include "bindings.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace neurocomp {

namespace {

std::vector<std::string> processor_names() {
    std::vector<std::string> names;
    for (const Processor one : available_processors()) names.emplace_back(name_of(one));
    return names;
}

}  // namespace

}  // namespace neurocomp

NB_MODULE(_core, module) {
    using namespace neurocomp;

    // Models are kept until the process ends, which is no leak, and nothing for people to read.
    nb::set_leak_warnings(false);

    const nb::exception<DamagedPayload> damaged(module, "DamagedPayload", PyExc_ValueError);

    module.def("processors", &processor_names);
    module.def("processor", [] { return std::string(name_of(processor_in_use())); });
    module.def("use_processor", &use_processor, "name"_a);

    python::bind_bits(module);
    python::bind_coding(module);
    python::bind_content(module);
    python::bind_exact(module);
    python::bind_images(module);
    python::bind_language(module);
    python::bind_models(module);
    python::bind_sections(module);
    python::bind_weights(module);
}
