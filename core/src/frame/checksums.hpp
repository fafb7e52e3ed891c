// What the checksum of parts says of the whole.
#pragma once

#include <cstdint>
#include <span>

#include "base/crc32.hpp"

namespace neurocomp::frame {

using Bytes = std::span<const uint8_t>;

// The checksum of A then B, from those of A and of B, which has `second_bytes` bytes.
uint32_t join_checksums(uint32_t first, uint32_t second, uint64_t second_bytes);

}  // namespace neurocomp::frame
