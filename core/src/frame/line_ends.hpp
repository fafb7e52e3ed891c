// Line ends of CR LF as LF: rewriting that is its own inverse (docs/format.md, line ends).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "frame/checksums.hpp"

namespace neurocomp::frame {

// How many LF stand after exactly one CR, and how many after none.
struct LineEnds {
    size_t num_single = 0;
    size_t num_lone = 0;

    // The size of what an exchange makes of so many bytes with these.
    size_t bytes_after(size_t num_bytes) const { return num_bytes - num_single + num_lone; }
};
LineEnds count_line_ends(Bytes data);

// Exchanges LF after exactly one CR and LF after none.  Nothing where what comes out has not
// `wanted_bytes`: no more than these are allocated.
std::optional<std::vector<uint8_t>> exchange_line_ends(Bytes data, size_t wanted_bytes);

}  // namespace neurocomp::frame
