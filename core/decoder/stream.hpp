// Files to their content, as they come: any number of bytes in, any number out.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "decoder/workers.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

struct Limits {
    static constexpr uint64_t none = std::numeric_limits<uint64_t>::max();

    uint64_t memory_bytes = none;
    uint64_t content_bytes = none;
};

class Stream {
   public:
    Stream(const Models& models, Limits limits, size_t num_threads)
        : models_(models), limits_(limits), workers_(num_threads) {}

    // Moves the starts of both spans forward, until the input is used up or the output full.
    // Content is given out when its block is verified.  With several threads, that of some blocks may
    // be given out later: a call without input waits for them.  Throws Error, DamagedPayload,
    // std::bad_alloc; after that the stream is of no use.
    void run(frame::Bytes& input, std::span<uint8_t>& output);
    // Throws Error where the input must not end here.
    void finish() const;
    // Whether content waits for room, or to be decoded.
    bool has_output() const { return given_ < content_.size() || !pending_.empty(); }

   private:
    enum class Part { header, head, body, trailer };
    using Content = std::vector<uint8_t>;

    void give(std::span<uint8_t>& output);
    bool gather(frame::Bytes& input);
    void take_unit();
    void take_header();
    void take_head();
    void take_body();
    void take_trailer();
    void expect(Part part, size_t num_bytes);
    void decode(std::vector<uint8_t> unit);
    bool are_side_by_side() const;

    const Models& models_;
    Limits limits_;
    Part part_ = Part::header;
    std::vector<uint8_t> unit_;  // of the part that is being read
    size_t needed_ = 1;          // bytes of it, as far as is known
    uint64_t offset_ = 0;        // of the unit in the file
    uint64_t content_bytes_ = 0;
    bool is_first_block_ = true;
    bool is_only_block_ = false;  // of its frame
    bool has_failed_ = false;     // in reading on; blocks before may still be decoded

    std::shared_ptr<const frame::Header> header_;
    uint32_t header_checksum_ = 0;
    frame::Chain chain_{0};
    frame::BlockHead head_;
    uint32_t head_checksum_ = 0;
    std::vector<uint8_t> trailer_;

    Content content_;
    size_t given_ = 0;
    std::deque<std::future<Content>> pending_;  // what comes after it, in order
    Workers workers_;                           // the last, so that they end first
};

}  // namespace neurocomp::decoder
