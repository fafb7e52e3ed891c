// A recurrent network of bytes as integers: what it computes with.
//
// docs/format.md and neurocomp/models/bytenet say what the integers mean; the conditions that keep
// every sum within its type are checked here once, where a network is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/constants.hpp"
#include "base/memory.hpp"
#include "network/hashed_rows.hpp"
#include "products/strips.hpp"

namespace neurocomp::network {

using products::group_inputs;
using products::strip_outputs;

inline constexpr int alphabet_size = 256;
inline constexpr int max_context = 16;
inline constexpr int max_tables = max_context;
inline constexpr int max_width = 4096;
inline constexpr int table_size = 1 << 15;  // of a function of -16 .. 16, in units of 2**-10
inline constexpr int exp2_size = 1 << 10;
inline constexpr uint8_t separator = 0x1E;  // what a lane has read before its first byte

inline constexpr int32_t residual_limit = (1 << 25) - 1;  // of the stream, in its unit
inline constexpr int32_t square_limit = 1 << 17;          // of what is squared
inline constexpr int32_t head_limit = 1 << 24;            // of logits

// A layer as files have it: N outputs over K inputs, K a multiple of 4.
struct LayerTensors {
    const int8_t* weight;       // (N, K)
    const int64_t* multiplier;  // (N,)
    const int32_t* bias;        // (N,)
    int64_t shift;
};

// The same, packed: neurocomp.exact.layers.Linear says what it computes.
struct Layer {
    int num_outputs = 0;               // padded to whole strips
    int num_groups = 0;                // of inputs
    const int8_t* weight = nullptr;    // (strips, groups, 32, 4)
    std::vector<int32_t> offsets;      // -128 times the sum of an output's weights
    std::vector<uint32_t> multiplier;  // 0 in padded outputs
    std::vector<int32_t> bias;
    int shift = 0;
    int64_t reach = 0;   // bound of sums times multipliers
    int64_t margin = 0;  // what the largest bias leaves of 31 bits
    int32_t clip = 0;    // bound of the outputs
};

struct Block {
    Layer gates, out, up, down;
};

struct HashedTable {
    int length;  // of the n-grams
    int bits;    // binary logarithm of the number of rows
};

struct Shape {
    int width;
    int num_blocks;
    int context;
    int inner_width;
    int64_t epsilon;
    std::vector<HashedTable> tables;                 // by the length of the n-grams
    int section_lanes = int{format::section_lanes};  // of a block, which share tables and a payload

    // Throws std::invalid_argument where a number is out of range.
    void check() const;
    size_t num_hashed_rows() const;
};

// All but the layers.  Pointers belong to the caller, who keeps them alive as long as the network.
struct Tensors {
    const int32_t* embeddings;     // (context, 256, width)
    const HashedRows* hashed;      // (rows, width): of all tables
    const int32_t* hashed_scales;  // (rows,)
    const int32_t* gates;          // (32768,): logistic function in units of 2**-16
    const int32_t* silu;           // (32768,)
    const int32_t* exp2;           // (1024,): powers of 2
};

// Gives the layers one after the other: gates, out, up, down of each block, then the head.  What one
// points to is needed until the next is asked for.
using LayerSource = std::function<LayerTensors(size_t)>;

class Network {
   public:
    // Throws std::invalid_argument where the network would not be exact, std::bad_alloc, and what
    // `layers` does.
    Network(Shape shape, const Tensors& tensors, const LayerSource& layers);

    const Shape& shape() const { return shape_; }
    const Block* blocks() const { return blocks_.data(); }
    const Layer& head() const { return head_; }
    const Tensors& tensors() const { return tensors_; }

   private:
    Layer pack(const LayerTensors& from, int num_outputs, int num_inputs, int32_t clip,
               size_t& place);

    Shape shape_;
    Tensors tensors_;
    Array<int8_t> weights_;  // of all layers, in the order in which a step reads them
    std::vector<Block> blocks_;
    Layer head_;
};

}  // namespace neurocomp::network
