// A transformer of the Llama graph as integers, and lanes that read it over a sliding window.
//
// neurocomp/models/transformer says what the integers mean, and network.py there the same forward pass
// in the operations of an engine.  Conditions that keep every sum within its type are checked where a
// model is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exact/embedding.hpp"
#include "exact/kernels.hpp"
#include "exact/layers.hpp"

namespace neurocomp::language {

using exact::Embedding;
using exact::Layer;

// Of the heads of queries or keys; without gains there is none.
struct HeadNorm {
    const int32_t* gain;  // (head_width,)
    int64_t epsilon;
    int shift;
};

struct Block {
    const int32_t* attention_gain;  // (width,)
    Layer query_key_value;
    HeadNorm query_norm, key_norm;
    exact::AttentionScale attention;
    Layer attention_out;
    const int32_t* inner_gain;
    Layer inner_in;
    Layer inner_out;
    bool rotates;
};

struct Shape {
    size_t alphabet_size;
    size_t width;
    size_t num_heads;
    size_t num_key_heads;
    size_t head_width;
    size_t inner_width;
    size_t num_sinks;
    int64_t epsilon;

    size_t query_width() const { return num_heads * head_width; }
    size_t key_width() const { return num_key_heads * head_width; }
};

// Pointers belong to the caller, who keeps them alive as long as the transformer and its lanes.
struct Transformer {
    Shape shape;
    Embedding embedding;
    const int32_t* turns;  // (2, 2, 1024, head_width / 2): see neurocomp/exact/turns.py
    const int32_t* activation;
    const int32_t* exp2;
    std::vector<Block> blocks;
    const int32_t* last_gain;
    Layer head;
};

// Keys and values of some lanes, and the memory in which they are read.
class Lanes {
   public:
    // A window of `length` positions, and `max_steps` that are read at once.  Throws std::bad_alloc.
    Lanes(const Transformer& transformer, size_t num_lanes, size_t length, size_t max_steps);

    size_t num_lanes() const { return num_lanes_; }
    size_t max_steps() const { return max_steps_; }
    size_t position() const { return position_; }

    // Reads symbols (lanes, steps), all in the alphabet, at the next positions; at most max_steps, and
    // up to exact::max_positions in all.
    void read(const int32_t* symbols, size_t num_steps);

    // Writes logits to base 2, in units of 2**-10, after each of the last `num_steps` steps that were
    // read at once: (lanes * steps, V).
    void write_logits(size_t num_steps, exact::Matrix<int32_t> out);

    // The same as frequency tables.
    void write_frequencies(size_t num_steps, exact::Matrix<int32_t> out);

   private:
    struct BytesOf {
        std::vector<int8_t> values;
        std::vector<int32_t> scales;
    };

    exact::ByteCache cache(BytesOf& bytes) const;
    void embed(const int32_t* symbols);
    void write_rotations(size_t first, std::vector<int16_t>& cosines, std::vector<int16_t>& sines,
                         size_t last) const;
    void read_block(size_t number);
    void attend(size_t number, exact::Matrix<int32_t> attended);
    exact::Matrix<int32_t> columns(std::vector<int32_t>& values, size_t stride, size_t first,
                                   size_t count) const;
    exact::Matrix<int16_t> quantised(const Layer& layer);
    void apply_normed(exact::Matrix<const int32_t> rows, const int32_t* gain, const Layer& layer,
                      exact::Matrix<int32_t> out);
    void add_plain(exact::Matrix<const int32_t> inputs, const Layer& layer);

    const Transformer& transformer_;
    size_t num_lanes_;
    size_t max_steps_;
    exact::Window window_;
    size_t position_ = 0;                 // of the next step
    size_t num_steps_ = 0;                // that were read last
    size_t num_rows_ = 0;                 // of all lanes
    std::vector<BytesOf> keys_, values_;  // by block

    std::vector<int32_t> rows_;      // (lanes * steps, width): the residual stream
    std::vector<int32_t> attended_;  // queries, keys and values side by side
    std::vector<int32_t> far_;       // queries as the sinks see them
    std::vector<int32_t> mixed_, inner_, added_, logits_;
    std::vector<int16_t> quantised_;
    std::vector<int64_t> mantissas_, exponents_;
    std::vector<int16_t> near_cosines_, near_sines_, far_cosines_, far_sines_;
    std::vector<int16_t> queries_;  // what attention works in
    std::vector<int32_t> scores_, scales_;
    std::vector<int64_t> products_;
};

}  // namespace neurocomp::language
