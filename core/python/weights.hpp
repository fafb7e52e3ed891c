// Networks of bytes as Python holds them.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <utility>

#include "arrays.hpp"
#include "weights/byte_network.hpp"

namespace neurocomp::python {

// A network and what its mixers know, which may be exchanged.
class PythonNetwork {
   public:
    PythonNetwork(const nb::bytes& file, const std::string& check);

    const network::Network* network() const { return &made_->network(); }
    const mix::Experience* experience() const { return experience_ ? &*experience_ : nullptr; }
    // Takes five arrays, or None.
    void set_experience(const nb::object& parts);

   private:
    std::shared_ptr<const weights::ByteNetwork> made_;
    std::optional<weights::StoredExperience> own_;
    std::optional<mix::Experience> experience_;
};

}  // namespace neurocomp::python
