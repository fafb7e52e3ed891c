#include "exact/packed.hpp"

#include <cstring>

#include "base/integers.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

size_t round_up(size_t number, size_t unit) { return (number + unit - 1) / unit * unit; }

}  // namespace

PackedLayer::PackedLayer(const LinearParts& layer, size_t first, size_t last, int64_t limit,
                         Arena& arena)
    : num_inputs_(layer.num_inputs),
      num_outputs_(last - first),
      shift_(layer.shift),
      clip_(layer.clip),
      limit_(limit) {
    const size_t num_rows = round_up(num_outputs_, strip_outputs);
    const size_t num_groups = round_up(num_inputs_, group_inputs) / group_inputs;
    weights_ = arena.take<uint8_t>(num_rows * num_groups * group_inputs);
    multipliers_ = arena.take<uint32_t>(num_rows);
    biases_ = arena.take<int32_t>(num_rows);
    for (size_t n = 0; n < num_outputs_; ++n) {
        multipliers_[n] = static_cast<uint32_t>(layer.multiplier[first + n]);
        biases_[n] = layer.bias[first + n];
    }
    const size_t strip_bytes = num_groups * strip_outputs * group_inputs;
    for (size_t strip = 0; strip * strip_outputs < num_rows; ++strip) {
        uint8_t* to = weights_ + strip * strip_bytes;
        const size_t base = strip * strip_outputs;
        const size_t count = smaller(strip_outputs, num_outputs_ - base);
        const int8_t* const from = layer.weight + (first + base) * num_inputs_;
        for (size_t k = 0; k < num_inputs_; k += group_inputs) {
            const size_t left = smaller(group_inputs, num_inputs_ - k);
            for (size_t n = 0; n < count; ++n) {
                uint32_t four = 0;
                if (left == group_inputs) {
                    std::memcpy(&four, from + n * num_inputs_ + k, group_inputs);
                } else {
                    std::memcpy(&four, from + n * num_inputs_ + k, left);
                }
                four ^= 0x80808080;  // adds 128 to each
                std::memcpy(to + n * group_inputs, &four, group_inputs);
            }
            to += strip_outputs * group_inputs;
        }
    }
}

PackedParts PackedLayer::parts() const {
    return {weights_,     multipliers_, biases_, round_up(num_inputs_, group_inputs) / group_inputs,
            num_outputs_, shift_,       clip_,   limit_ > byte_limit};
}

PackedCache make_cache(size_t num_lanes, size_t num_heads, size_t num_slots, size_t width,
                       Arena& arena) {
    PackedCache cache = {};
    cache.num_lanes = num_lanes;
    cache.num_heads = num_heads;
    cache.num_slots = round_up(num_slots, strip_outputs);
    cache.width = width;
    cache.num_groups = round_up(width, group_inputs) / group_inputs;
    cache.num_strips = round_up(width, strip_outputs) / strip_outputs;
    const size_t num_vectors = num_lanes * num_heads * cache.num_slots;
    cache.keys = arena.take<uint8_t>(num_vectors * cache.num_groups * group_inputs);
    cache.values = arena.take<int8_t>(num_vectors * cache.num_strips * strip_outputs);
    cache.key_scales = arena.take<uint16_t>(num_vectors);
    cache.value_scales = arena.take<uint16_t>(num_vectors);
    return cache;
}

PackedScratchMemory::PackedScratchMemory(size_t num_rows, size_t num_slots, size_t width)
    : num_rows_(num_rows),
      queries_(2 * num_rows * round_up(width, group_inputs)),
      rows_(4 * num_rows * round_up(width, group_inputs)),
      sums_(2 * num_rows),
      scores_(num_rows * round_up(num_slots, strip_outputs)),
      factors_(2 * num_rows * round_up(num_slots, strip_outputs)),
      mixed_(num_rows * strip_outputs) {}

PackedScratch PackedScratchMemory::scratch() {
    return {num_rows_,      queries_.data(), rows_.data(), sums_.data(),
            scores_.data(), factors_.data(), mixed_.data()};
}

}  // namespace neurocomp::exact
