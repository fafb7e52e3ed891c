// The heads of blocks, and what the blocks of a frame must be to each other and to its trailer.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "frame/header.hpp"

namespace neurocomp::frame {

struct Transform {
    uint64_t id;
    size_t properties_bytes;
};

// A block's fields up to its payload.
struct BlockHead {
    bool is_last = false;
    bool has_trailer = false;
    unsigned method = method_stored;
    unsigned variant = 0;
    size_t decoded_bytes = 0;
    size_t num_symbols = 0;
    size_t num_lanes = 1;
    size_t payload_bytes = 0;
    uint32_t content_checksum = 0;
    size_t model = 0;                   // in the header's table
    std::vector<Transform> transforms;  // in the order in which the encoder applied them
};

// Reads a head; nothing where bytes are missing.  Throws Error where a field is out of its range.
std::optional<BlockHead> read_block_head(Cursor& cursor, const Header& header);

// Refuses what a well-formed head must not say, when the stored checksum has vouched for it.
void check_transforms(const BlockHead& head);

// The heads of a frame's blocks, in order.
class Chain {
   public:
    explicit Chain(size_t header_bytes) : header_bytes_(header_bytes) {}

    // Takes the next block, of so many bytes in the file; throws Error where none may follow.
    void add(const BlockHead& head, size_t stored_bytes);
    // The one trailer that may come after these blocks.
    std::vector<uint8_t> trailer() const;

   private:
    size_t header_bytes_;
    std::vector<std::pair<uint32_t, uint32_t>> sizes_;  // stored, decoded
    uint32_t content_checksum_ = 0;
};

}  // namespace neurocomp::frame
