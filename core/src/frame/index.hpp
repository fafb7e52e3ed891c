// What a whole file says of itself without being decoded.
#pragma once

#include <cstdint>

#include "frame/checksums.hpp"

namespace neurocomp::frame {

// Bytes of content of all frames, as the heads of their blocks record it; payloads are passed over.
// Throws Error where the file is not well-formed.
uint64_t content_bytes_of(Bytes file);

}  // namespace neurocomp::frame
