// What decoding finds where a payload is not an encoder's.
#pragma once

#include <stdexcept>

namespace neurocomp {

// A payload is not what any bytes are coded as.
struct DamagedPayload : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace neurocomp
