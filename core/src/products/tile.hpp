// Products of rows of bytes with packed 8-bit weights.  Included by kernels' sources only.
//
// Rows are activations a of -127 .. 127, held as bytes a + 128; weights are of -64 .. 64 and lie in
// strips of 32 outputs, four inputs of each side by side (products/strips.hpp).  Sums are of 32
// bits, which they fit: whatever instruction or order gives the same.
//
// Each kind of processor has `Products`: made for the rows of a layer, it multiplies some of them
// with a strip of its weights (`strip`).  Most are `Tiled`, by a `Dot`: registers of sums (`Vector`,
// `outputs` of them) and weights, and how four products are added to each sum (`accumulate`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"
#include "products/strips.hpp"

namespace neurocomp::products {

namespace {

// Rows of a layer: `num_rows` of `num_groups` groups of inputs, `stride` bytes apart.
struct Rows {
    const uint8_t* bytes;
    size_t stride;
    size_t num_rows;
    int num_groups;
};

constexpr size_t sums_stride = strip_outputs;  // between rows of sums that `strip` writes
constexpr int group_bytes = strip_outputs * group_inputs;  // of weights of a strip

// How many rows are multiplied at once, registers of sums for each, and sets of these in turn, for
// an instruction whose latency would otherwise show.
template <int rows_, int registers_, int sets_>
struct Block {
    static constexpr int rows = rows_;
    static constexpr int registers = registers_;
    static constexpr int sets = sets_;
};

template <typename Dot, typename Block>
NEUROCOMP_INLINE void multiply_block(const uint8_t* rows, size_t stride, const int8_t* weights,
                                     int num_groups, const int32_t* offsets, int32_t* out) {
    // NOLINTNEXTLINE(readability-redundant-typename): Clang before 16 needs it
    using Vector = typename Dot::Vector;
    constexpr int registers = Block::registers;
    constexpr int step = registers * Dot::outputs;  // outputs of a pass
    static_assert(strip_outputs % step == 0);
    for (int first = 0; first < strip_outputs; first += step) {
        Vector sums[Block::sets][Block::rows][registers];
        for (int m = 0; m < Block::rows; ++m) {
            for (int c = 0; c < registers; ++c) {
                sums[0][m][c] = Dot::begin(offsets + first + c * Dot::outputs);
                for (int s = 1; s < Block::sets; ++s) sums[s][m][c] = Dot::zero();
            }
        }
        const int8_t* from = weights + ptrdiff_t{first} * group_inputs;
        const uint8_t* row = rows;
        int g = 0;
        for (; g + Block::sets <= num_groups; g += Block::sets) {
            for (int s = 0; s < Block::sets; ++s, from += group_bytes, row += group_inputs) {
                typename Dot::Weights weight[registers];
                for (int c = 0; c < registers; ++c) {
                    weight[c] = Dot::load(from + c * Dot::outputs * group_inputs);
                }
                for (int m = 0; m < Block::rows; ++m) {
                    const auto inputs = Dot::broadcast(row + static_cast<size_t>(m) * stride);
                    for (int c = 0; c < registers; ++c) {
                        sums[s][m][c] = Dot::accumulate(sums[s][m][c], inputs, weight[c]);
                    }
                }
            }
        }
        for (; g < num_groups; ++g, from += group_bytes, row += group_inputs) {
            for (int m = 0; m < Block::rows; ++m) {
                const auto inputs = Dot::broadcast(row + static_cast<size_t>(m) * stride);
                for (int c = 0; c < registers; ++c) {
                    sums[0][m][c] = Dot::accumulate(
                        sums[0][m][c], inputs, Dot::load(from + c * Dot::outputs * group_inputs));
                }
            }
        }
        for (int m = 0; m < Block::rows; ++m) {
            for (int c = 0; c < registers; ++c) {
                Vector total = sums[0][m][c];
                for (int s = 1; s < Block::sets; ++s) total = Dot::add(total, sums[s][m][c]);
                Dot::store(out + static_cast<size_t>(m) * sums_stride + first + c * Dot::outputs,
                           total);
            }
        }
    }
}

// Takes as many rows as the block has, as often as it can.
template <typename Dot, typename Block>
NEUROCOMP_INLINE void multiply_rows(const Rows& rows, size_t last, const int8_t* weights,
                                    const int32_t* offsets, int32_t*& out, size_t& row) {
    for (; row + Block::rows <= last; row += Block::rows) {
        multiply_block<Dot, Block>(rows.bytes + row * rows.stride, rows.stride, weights,
                                   rows.num_groups, offsets, out);
        out += Block::rows * sums_stride;
    }
}

// Products of a strip by blocks of rows, the largest first; the last one has a single row.
template <typename Dot, typename... Blocks>
class Tiled {
   public:
    explicit Tiled(const Rows& rows) : rows_(rows) {}

    // Writes sums, 32 for each of `count` rows from `row` on; `offsets` are added to them.
    void strip(size_t row, size_t count, const int8_t* weights, const int32_t* offsets,
               int32_t* out) const {
        const size_t last = row + count;
        (multiply_rows<Dot, Blocks>(rows_, last, weights, offsets, out, row), ...);
    }

   private:
    Rows rows_;
};

}  // namespace

}  // namespace neurocomp::products
