// What is wrong with a model file.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace neurocomp::weights {

// All functions of this room throw this, and std::bad_alloc, and nothing else.  The message says
// what is wrong, not in which file.
struct BadModel : std::runtime_error {
    enum class Kind : uint8_t {
        damaged,      // no model file, or not what a writer writes
        unsupported,  // of a newer version, or of another kind than is asked for
        mismatch,     // its content does not have the hash that it records
    };

    explicit BadModel(const std::string& what, Kind which = Kind::damaged)
        : std::runtime_error(what), kind(which) {}

    Kind kind;
};

}  // namespace neurocomp::weights
