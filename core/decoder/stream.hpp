// Files to their content, as they come: any number of bytes in, any number out.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

struct Limits {
    uint64_t memory_bytes = std::numeric_limits<uint64_t>::max();
    uint64_t content_bytes = std::numeric_limits<uint64_t>::max();
};

class Stream {
   public:
    Stream(const Models& models, Limits limits) : models_(models), limits_(limits) {}

    // Moves the starts of both spans forward, until the input is used up or the output full.
    // Content is given out when its block is verified.  Throws Error, DamagedPayload,
    // std::bad_alloc; after that the stream is of no use.
    void run(frame::Bytes& input, std::span<uint8_t>& output);
    // Throws Error where the input must not end here.
    void finish() const;
    // Whether content waits for room.
    bool has_output() const { return given_ < content_.size(); }

   private:
    enum class Part { header, head, body, trailer };

    bool gather(frame::Bytes& input);
    void take_unit();
    void take_header();
    void take_head();
    void take_body();
    void take_trailer();
    void expect(Part part, size_t num_bytes);

    const Models& models_;
    Limits limits_;
    Part part_ = Part::header;
    std::vector<uint8_t> unit_;  // of the part that is being read
    size_t needed_ = 1;          // bytes of it, as far as is known
    uint64_t offset_ = 0;        // of the unit in the file
    uint64_t content_bytes_ = 0;
    bool is_first_block_ = true;

    frame::Header header_;
    uint32_t header_checksum_ = 0;
    std::optional<frame::Chain> chain_;
    frame::BlockHead head_;
    uint32_t head_checksum_ = 0;
    std::vector<uint8_t> trailer_;

    std::vector<uint8_t> content_;
    size_t given_ = 0;
};

}  // namespace neurocomp::decoder
