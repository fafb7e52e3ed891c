// Line ends of CR LF as LF: rewriting that is its own inverse (docs/format.md, line ends).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frame/checksums.hpp"

namespace neurocomp::frame {

// Exchanges LF behind exactly one CR and LF behind none.  Nothing where what comes out has not
// `wanted_bytes`: no more than these are allocated.
std::optional<std::vector<uint8_t>> exchange_line_ends(Bytes data, size_t wanted_bytes);

}  // namespace neurocomp::frame
