// The checksum of frames and model files: CRC-32 as in zlib and PNG.
#pragma once

#include <cstdint>
#include <span>

namespace neurocomp {

// Of the bytes before, whose checksum is `before`, and these; 0 is that of no bytes.
uint32_t crc32(std::span<const uint8_t> bytes, uint32_t before = 0);

}  // namespace neurocomp
