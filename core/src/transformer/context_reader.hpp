// The forward pass of a transformer that sees all positions from 0 on, up to its context.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exact/layers.hpp"
#include "transformer/parts.hpp"

namespace neurocomp::transformer {

// What a position of each block sees: null for all positions up to its own.
using Sights = std::vector<const exact::Sight*>;

// Some lanes: their caches, and the memory in which they are read.
class ContextReader {
   public:
    // The parts and sights, one for each block or none at all, are to outlive this.  Throws
    // std::bad_alloc.
    ContextReader(const Parts& parts, size_t num_lanes, Sights sights = {});

    // Reads symbols (lanes, steps) at positions from `first` on.  The caches hold the positions
    // before, and afterwards these too.
    void read(exact::Matrix<const int32_t> symbols, size_t first);
    // Writes the outputs of a layer of the model's width after its last norm, for the step of each
    // lane that was read last: (lanes, N).
    void write_last(const exact::Layer& layer, exact::Matrix<int32_t> out);

    // A little more memory than so many lanes take.
    static uint64_t num_bytes(const Parts& parts, size_t num_lanes);

   private:
    using Rows = exact::Matrix<int32_t>;

    void read_block(size_t number, size_t first, size_t num_steps);
    void attend(size_t number, Rows attended, size_t first, size_t num_steps, Rows mixed);
    static Rows rows_of(std::vector<int32_t>& values, size_t num_rows, size_t width);

    const Parts& parts_;
    size_t num_lanes_;
    Sights sights_;
    size_t last_steps_ = 0;  // that were read at once last

    std::vector<std::vector<int16_t>> keys_, values_;  // of each block
    exact::LayerSteps layers_;
    std::vector<int32_t> rows_, attended_, mixed_, inner_, added_;
};

}  // namespace neurocomp::transformer
