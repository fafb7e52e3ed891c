// Layers and caches in the order in which products of many outputs read them.
//
// A strip holds 32 outputs: for each four inputs in turn, the four weights of every output side by
// side.  Strips are the same on every kind of processor; rows of inputs are what its kernels make of
// them (`pack_rows`).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory.hpp"
#include "exact/kernels.hpp"

namespace neurocomp::exact {

// A linear layer, whose weights are held as bytes w + 128.
class PackedLayer {
   public:
    PackedLayer() = default;
    // Copies outputs `first` up to `last` of a layer, whose multipliers fit 32 bits, to an arena that
    // lives longer.  Throws std::bad_alloc.
    PackedLayer(const LinearParts& layer, size_t first, size_t last, int64_t limit, Arena& arena);

    PackedParts parts() const;
    int64_t limit() const { return limit_; }
    size_t num_inputs() const { return num_inputs_; }
    size_t num_outputs() const { return num_outputs_; }

   private:
    uint8_t* weights_ = nullptr;
    uint32_t* multipliers_ = nullptr;
    int32_t* biases_ = nullptr;
    size_t num_inputs_ = 0;  // with the padding of the layer that it was made of
    size_t num_outputs_ = 0;
    int64_t shift_ = 0;
    int64_t clip_ = 0;
    int64_t limit_ = 0;
};

// Returns room for the keys and values of a block's lanes.  Throws std::bad_alloc.
PackedCache make_cache(size_t num_lanes, size_t num_heads, size_t num_slots, size_t width,
                       Arena& arena);

// What one thread needs to attend with at most `num_rows` queries of a head at once.
class PackedScratchMemory {
   public:
    // Throws std::bad_alloc.
    PackedScratchMemory(size_t num_rows, size_t num_slots, size_t width);

    PackedScratch scratch();

   private:
    size_t num_rows_;
    Array<int16_t> queries_;
    Array<uint8_t> rows_;
    Array<int32_t> sums_;
    Array<int32_t> scores_;
    Array<uint8_t> factors_;
    Array<int32_t> mixed_;
};

}  // namespace neurocomp::exact
