// Token files, captions and images as grids of codes: docs/format.md, 8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "images/records.hpp"

namespace neurocomp::images {

using Autoencoder = std::array<uint8_t, 32>;  // the hash of one

// The file of a set, whose captions are UTF-8.  Nothing of it is allocated where it would have more
// than `most` bytes.  Throws DamagedPayload then, and where the set is none that a file holds.
std::vector<uint8_t> write_token_file(const RecordShape& shape, const Records& records,
                                      std::span<const std::string> captions,
                                      const Autoencoder& autoencoder, size_t most);

}  // namespace neurocomp::images
