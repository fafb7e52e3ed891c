// How much memory the parts of decoding take, never less than they do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "frame/errors.hpp"
#include "mix/state.hpp"

namespace neurocomp::decoder {

// What one decoder may have at a time.
class MemoryBudget {
   public:
    explicit MemoryBudget(uint64_t limit) : limit_(limit) {}

    bool allows(uint64_t num_bytes) const { return num_bytes <= limit_; }
    // Throws Error where so many bytes are too many.
    void check(uint64_t num_bytes) const {
        if (allows(num_bytes)) return;
        frame::fail(frame::Fault::memory_limit,
                    "decoding takes " + std::to_string(num_bytes) + " bytes of memory, allowed are " +
                        std::to_string(limit_));
    }

   private:
    uint64_t limit_;
};

// Of a mixture with room for so many bytes, in so many lanes.
inline uint64_t mixture_bytes(uint64_t room, uint64_t num_lanes) {
    constexpr uint64_t fixed = uint64_t{16} << 20;  // maps, weights, and what alignment costs
    const mix::TableSizes sizes = mix::table_sizes(room);
    return fixed + 64 * sizes.num_lines + sizeof(int32_t) * mix::num_matches * sizes.num_heads +
           room + num_lanes * sizeof(mix::Lane);
}

}  // namespace neurocomp::decoder
