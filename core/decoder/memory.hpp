// How much memory the parts of decoding take: a little more than they do, never less.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "frame/errors.hpp"
#include "mix/state.hpp"
#include "network/network.hpp"
#include "products/strips.hpp"

namespace neurocomp::decoder {

// What a decoder may take at a time, and what of it is taken.
class MemoryBudget {
   public:
    explicit MemoryBudget(uint64_t limit, uint64_t taken = 0) : limit_(limit), taken_(taken) {}

    bool has(uint64_t num_bytes) const {
        return num_bytes <= limit_ && taken_ <= limit_ - num_bytes;
    }
    // Throws Error where there is not so much.
    void take(uint64_t num_bytes) {
        if (!has(num_bytes)) {
            frame::fail(frame::Fault::memory_limit,
                        "decoding takes " + std::to_string(taken_ + num_bytes) +
                            " bytes of memory, allowed are " + std::to_string(limit_));
        }
        taken_ += num_bytes;
    }

   private:
    uint64_t limit_;
    uint64_t taken_;
};

// Of a mixture with room for so many bytes, in so many lanes.
inline uint64_t mixture_bytes(uint64_t room, uint64_t num_lanes) {
    constexpr uint64_t fixed = uint64_t{16} << 20;  // maps, weights, and what alignment costs
    const mix::TableSizes sizes = mix::table_sizes(room);
    return fixed + 64 * sizes.num_lines + sizeof(int32_t) * mix::num_matches * sizes.num_heads +
           room + num_lanes * sizeof(mix::Lane);
}

// Of so many lanes of a network, each a row of a step.
inline uint64_t lanes_bytes(const network::Shape& shape, uint64_t num_lanes) {
    constexpr uint64_t fixed = uint64_t{1} << 16;
    const auto width = static_cast<uint64_t>(shape.width);
    const auto widest =
        std::max(3 * width, static_cast<uint64_t>(shape.inner_width)) + 2 * products::strip_outputs;
    const uint64_t states = static_cast<uint64_t>(shape.num_blocks) * width;
    const uint64_t row = 3 * width + 2 * widest + network::alphabet_size + network::max_context;
    return fixed + sizeof(int32_t) * (num_lanes * (states + row) + 2 * width);
}

}  // namespace neurocomp::decoder
