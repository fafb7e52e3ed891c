// Products of rows of bytes with packed 8-bit weights.  Included by kernels' sources only.
//
// Rows are activations a of -127 .. 127, held as bytes a + 128; weights are of -64 .. 64 and lie in
// strips of 32 outputs, four inputs of each side by side (network/network.hpp).  Sums are of 32
// bits, which they fit: whatever instruction or order gives the same.
//
// Each kind of processor has a `Dot`: registers of sums (`Vector`, `outputs` of them) and weights,
// and how four products are added to each sum (`accumulate`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/inlining.hpp"
#include "network/network.hpp"

namespace neurocomp::products {

namespace {

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
                                     int num_groups, const int32_t* offsets, int32_t* out,
                                     size_t out_stride) {
    using Vector = typename Dot::Vector;
    constexpr int registers = Block::registers;
    constexpr int step = registers * Dot::outputs;  // outputs of a pass
    constexpr int group_bytes = network::strip * network::group;
    static_assert(network::strip % step == 0);
    for (int first = 0; first < network::strip; first += step) {
        Vector sums[Block::sets][Block::rows][registers];
        for (int s = 0; s < Block::sets; ++s) {
            for (int m = 0; m < Block::rows; ++m) {
                for (int c = 0; c < registers; ++c) sums[s][m][c] = Dot::zero();
            }
        }
        const int8_t* from = weights + first * network::group;
        const uint8_t* row = rows;
        int g = 0;
        for (; g + Block::sets <= num_groups; g += Block::sets) {
            for (int s = 0; s < Block::sets; ++s, from += group_bytes, row += network::group) {
                typename Dot::Weights weight[registers];
                for (int c = 0; c < registers; ++c) {
                    weight[c] = Dot::load(from + c * Dot::outputs * network::group);
                }
                for (int m = 0; m < Block::rows; ++m) {
                    const auto inputs = Dot::broadcast(row + static_cast<size_t>(m) * stride);
                    for (int c = 0; c < registers; ++c) {
                        sums[s][m][c] = Dot::accumulate(sums[s][m][c], inputs, weight[c]);
                    }
                }
            }
        }
        for (; g < num_groups; ++g, from += group_bytes, row += network::group) {
            for (int m = 0; m < Block::rows; ++m) {
                const auto inputs = Dot::broadcast(row + static_cast<size_t>(m) * stride);
                for (int c = 0; c < registers; ++c) {
                    sums[0][m][c] = Dot::accumulate(
                        sums[0][m][c], inputs, Dot::load(from + c * Dot::outputs * network::group));
                }
            }
        }
        for (int m = 0; m < Block::rows; ++m) {
            for (int c = 0; c < registers; ++c) {
                Vector total = sums[0][m][c];
                for (int s = 1; s < Block::sets; ++s) total = Dot::add(total, sums[s][m][c]);
                const int place = first + c * Dot::outputs;
                Dot::store(out + static_cast<size_t>(m) * out_stride + place, total,
                           offsets + place);
            }
        }
    }
}

// Takes as many rows as the block has, as often as it can.
template <typename Dot, typename Block>
NEUROCOMP_INLINE void multiply_rows(const uint8_t* rows, size_t stride, size_t num_rows,
                                    const int8_t* weights, int num_groups, const int32_t* offsets,
                                    int32_t* out, size_t out_stride, size_t& done) {
    for (; done + Block::rows <= num_rows; done += Block::rows) {
        multiply_block<Dot, Block>(rows + done * stride, stride, weights, num_groups, offsets,
                                   out + done * out_stride, out_stride);
    }
}

// Writes sums, `num_outputs` for each of `num_rows` rows that lie `stride` bytes apart; rows of sums
// lie `out_stride` apart.
template <typename Dot>
void multiply(const uint8_t* rows, size_t stride, size_t num_rows, const network::Layer& layer,
              int32_t* out, size_t out_stride) {
    const int8_t* weights = layer.weight;
    const size_t strip_bytes =
        static_cast<size_t>(layer.num_groups) * (network::strip * network::group);
    for (int first = 0; first < layer.num_outputs; first += network::strip) {
        Dot::multiply_strip(rows, stride, num_rows, weights, layer.num_groups,
                            layer.offsets.data() + first, out + first, out_stride);
        weights += strip_bytes;
    }
}

// Has a strip multiplied by blocks of rows, the largest first.
template <typename Dot, typename... Blocks>
NEUROCOMP_INLINE void multiply_by(const uint8_t* rows, size_t stride, size_t num_rows,
                                  const int8_t* weights, int num_groups, const int32_t* offsets,
                                  int32_t* out, size_t out_stride) {
    size_t done = 0;
    (multiply_rows<Dot, Blocks>(rows, stride, num_rows, weights, num_groups, offsets, out,
                                out_stride, done),
     ...);
}

}  // namespace

}  // namespace neurocomp::products
