// A transformer of the Llama graph as integers, and lanes that read it over a sliding window.
//
// neurocomp/models/transformer says what the integers mean, and network.py there the same forward pass
// in the operations of an engine.  Conditions that keep every sum within its type are checked where a
// model is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/memory.hpp"
#include "base/team.hpp"
#include "exact/embedding.hpp"
#include "exact/kernels.hpp"
#include "exact/layers.hpp"
#include "exact/packed.hpp"

namespace neurocomp::language {

using exact::Embedding;

// Of so many columns at once: of each head of queries or keys, of all of them, or of a layer's outputs.
// Without gains there is none.
struct HeadNorm {
    const int32_t* gain;  // (width,)
    int64_t epsilon;
    int shift;
    size_t width;
};

// Either inputs of attention and of the inner layers are normalised, or their outputs.
struct Block {
    const int32_t* attention_gain;  // (width,), or null
    exact::PackedLayer query_key_value;
    HeadNorm query_norm, key_norm;
    exact::AttentionScale attention;
    exact::PackedLayer attention_out;
    HeadNorm attention_out_norm;
    const int32_t* inner_gain;  // (width,), or null
    exact::PackedLayer gate;
    exact::PackedLayer inner_in;
    exact::PackedLayer inner_out;
    HeadNorm inner_out_norm;
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
    Arena weights;  // of all layers
    Shape shape;
    Embedding embedding;
    const int32_t* turns;  // (2, 2, 1024, head_width / 2): see neurocomp/exact/turns.py
    const int32_t* activation;
    const int32_t* exp2;
    std::vector<Block> blocks;
    const int32_t* last_gain;
    exact::PackedLayer head;  // one output for each logit

    // Columns of the widest input of a layer, with padding.
    size_t widest_input() const;
    // Whether a block normalises outputs, before they are added to the residual stream.
    bool norms_outputs() const;
};

// Queries of a head that are attended with at once: they share what is read of keys and values.
inline constexpr size_t most_queries = 24;

// Keys and values of some lanes, and the memory in which they are read.
class Lanes {
   public:
    // A window of `length` positions, and `max_steps` that are read at once, by so many threads.  Throws
    // std::bad_alloc.
    Lanes(const Transformer& transformer, size_t num_lanes, size_t length, size_t max_steps,
          size_t num_threads = 1);

    size_t num_lanes() const { return num_lanes_; }
    size_t max_steps() const { return max_steps_; }
    size_t position() const { return position_; }
    Team& team() { return team_; }

    // Makes all lanes what the first of `other` is, of the same transformer, length and steps at once.
    void take(const Lanes& other);
    bool can_take(const Lanes& other) const;

    // Reads symbols (lanes, steps), all in the alphabet, at the next positions; at most max_steps, and
    // up to exact::max_positions in all.
    void read(const int32_t* symbols, size_t num_steps);

    // Writes logits to base 2, in units of 2**-10, after each of the last `num_steps` steps that were
    // read at once: (lanes * steps, V).
    void write_logits(size_t num_steps, exact::Matrix<int32_t> out);

    // The same as frequency tables.
    void write_frequencies(size_t num_steps, exact::Matrix<int32_t> out);

    // A little more memory than so many lanes take that read one step at once.
    static uint64_t num_bytes(const Transformer& transformer, size_t num_lanes, size_t length,
                              size_t num_threads = 1);

   private:
    void embed(const int32_t* symbols);
    void write_rotations(size_t first, std::vector<int16_t>& cosines, std::vector<int16_t>& sines,
                         size_t last) const;
    void read_block(size_t number);
    void rotate(const Block& block, exact::Matrix<int32_t> attended, size_t first, size_t last);
    void attend(const Block& block, const exact::PackedCache& cache);
    void apply_inner(const Block& block);

    void pack_plain(exact::Matrix<const int32_t> rows, const exact::PackedLayer& layer);
    void pack_normed(exact::Matrix<const int32_t> rows, const int32_t* gain,
                     const exact::PackedLayer& layer);
    void pack_residual(const int32_t* gain, const exact::PackedLayer& layer);
    template <typename Quantise>
    void pack(exact::Matrix<const int32_t> rows, const exact::PackedLayer& layer,
              const Quantise& quantise);
    void apply(const exact::PackedLayer& layer, exact::Matrix<int32_t> out);
    void add(const exact::PackedLayer& layer, const HeadNorm& norm);

    exact::PackedRows packed(const exact::PackedLayer& layer, size_t num_rows);
    exact::Matrix<int32_t> columns(std::vector<int32_t>& values, size_t stride, size_t first,
                                   size_t count) const;
    exact::Matrix<int32_t> residual();

    const Transformer& transformer_;
    size_t num_lanes_;
    size_t max_steps_;
    exact::Window window_;
    Team team_;
    size_t position_ = 0;   // of the next step
    size_t num_steps_ = 0;  // that were read last
    size_t num_rows_ = 0;   // of all lanes
    Arena keys_and_values_;
    std::vector<exact::PackedCache> cache_;  // by block

    std::vector<int32_t> rows_;      // (lanes * steps, width): the residual stream
    std::vector<int32_t> attended_;  // queries, keys and values side by side
    std::vector<int32_t> far_;       // queries as the sinks see them
    std::vector<int32_t> mixed_, inner_, logits_;
    std::vector<int32_t> added_;  // (lanes * steps, width), where outputs are normalised
    std::vector<int16_t> near_cosines_, near_sines_, far_cosines_, far_sines_;

    // Rows of a layer that has them read, packed, and their scales.
    Array<uint8_t> packed_;
    size_t packed_rows_ = 0;
    std::vector<int32_t> sums_;
    std::vector<int64_t> mantissas_, exponents_;

    // What each thread works in.
    struct Scratch {
        std::vector<int16_t> row;
        exact::PackedScratchMemory attention;
    };
    std::vector<Scratch> scratch_;
};

}  // namespace neurocomp::language
