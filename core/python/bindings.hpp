// What each bind_*.cpp adds to the module: its room's functions and classes, or those of a few rooms.
#pragma once

#include <nanobind/nanobind.h>

namespace neurocomp::python {

// Submodules of `parent`, or members of the module itself.
void bind_bits(nanobind::module_& module);
void bind_coding(nanobind::module_& parent);
void bind_content(nanobind::module_& parent);
void bind_exact(nanobind::module_& parent);
void bind_images(nanobind::module_& parent);
void bind_language(nanobind::module_& parent);
void bind_models(nanobind::module_& parent);
void bind_sections(nanobind::module_& module);
void bind_weights(nanobind::module_& parent);

// Parts of the submodules `exact` and `language`.
void bind_attention(nanobind::module_& m);
void bind_tokens(nanobind::module_& m);

}  // namespace neurocomp::python
