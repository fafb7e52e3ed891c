#include <algorithm>

#include "language/transformer.hpp"

namespace neurocomp::language {

namespace {

constexpr uint64_t round_up(uint64_t number, uint64_t unit) {
    return (number + unit - 1) / unit * unit;
}

// Of exact::PackedScratchMemory, for one thread.
uint64_t scratch_bytes(uint64_t slots, uint64_t head_width) {
    const uint64_t columns = round_up(head_width, exact::group_inputs);
    const uint64_t scores = sizeof(int32_t) * slots, factors = 2 * slots;
    const uint64_t queries = 2 * sizeof(int16_t) * columns + 4 * columns + 2 * sizeof(int32_t);
    const uint64_t mixed = sizeof(int32_t) * exact::strip_outputs;
    return most_queries * (scores + factors + queries + mixed);
}

}  // namespace

size_t Transformer::widest_input() const {
    size_t widest = head.num_inputs();
    for (const Block& block : blocks) {
        for (const exact::PackedLayer* layer :
             {&block.query_key_value, &block.attention_out, &block.inner_in, &block.inner_out}) {
            widest = std::max(widest, layer->num_inputs());
        }
    }
    return widest + exact::group_inputs;
}

bool Transformer::norms_outputs() const {
    return std::any_of(blocks.begin(), blocks.end(), [](const Block& block) {
        return block.attention_out_norm.gain != nullptr || block.inner_out_norm.gain != nullptr;
    });
}

uint64_t Lanes::num_bytes(const Transformer& transformer, size_t num_lanes, size_t length,
                          size_t num_threads) {
    constexpr uint64_t fixed = uint64_t{1} << 22;  // huge pages
    const Shape& shape = transformer.shape;
    const uint64_t slots = round_up(length, exact::strip_outputs);
    const uint64_t vector = round_up(shape.head_width, exact::group_inputs) +
                            round_up(shape.head_width, exact::strip_outputs) + 2 * sizeof(uint16_t);
    const uint64_t cache = num_lanes * shape.num_key_heads * slots * vector + 512;
    const uint64_t caches = transformer.blocks.size() * cache;
    const uint64_t widest = transformer.widest_input();
    const uint64_t columns = (transformer.norms_outputs() ? 2 : 1) * shape.width +
                             3 * shape.query_width() + 2 * shape.key_width() +
                             2 * shape.inner_width + 8;
    const uint64_t row = sizeof(int32_t) * columns + 2 * widest;
    const uint64_t scratch = sizeof(int16_t) * widest + scratch_bytes(slots, shape.head_width);
    // Arrays lie in an arena, whose chunks have ends that nobody takes.
    return fixed + caches + caches / 8 + num_lanes * row + num_threads * (scratch + 1024) +
           4 * sizeof(int16_t) * shape.head_width;
}

}  // namespace neurocomp::language
