// The frame header: which models the blocks are coded with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frame/cursor.hpp"

namespace neurocomp::frame {

// A model of a frame: its family, which of the family it is, and what it must be told.
struct ModelEntry {
    uint32_t family = 0;
    unsigned symbols = 0;
    unsigned coder = 0;
    unsigned revision = 0;
    std::vector<uint8_t> hash;         // 3, 8 or 32 bytes
    std::vector<uint8_t> parameters;   // empty where there are none
    std::vector<uint8_t> environment;  // empty where the frame decodes anywhere
    std::vector<uint8_t> dictionary;   // 8 bytes of its hash, or none

    bool operator==(const ModelEntry&) const = default;
};

struct Header {
    std::vector<ModelEntry> models;  // one at least
};

// Reads a header; nothing where bytes are missing.  Throws Error where these are none.
// `offset`: of the frame in the file, for messages.
std::optional<Header> read_header(Cursor& cursor, uint64_t offset);

}  // namespace neurocomp::frame
