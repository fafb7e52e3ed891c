// The parts of a stored transformer, by name, with their conditions checked.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exact/layers.hpp"
#include "language/transformer.hpp"
#include "transformer/config.hpp"
#include "weights/layers.hpp"
#include "weights/model.hpp"

namespace neurocomp::transformer {

struct Block {
    Array<int32_t> attention_gain;
    weights::StoredLayer query_key_value;
    exact::AttentionScale attention;
    weights::StoredLayer attention_out;
    Array<int32_t> inner_gain;
    weights::StoredLayer inner_in;
    weights::StoredLayer inner_out;
    bool rotates;
    // Of heads and of outputs, where a model has them.
    Array<int32_t> query_gain, key_gain, attention_out_gain, inner_out_gain;
    language::HeadNorm query_norm = {}, key_norm = {};
    language::HeadNorm attention_out_norm = {}, inner_out_norm = {};

    std::array<weights::StoredLayer*, 4> layers() {
        return {&query_key_value, &attention_out, &inner_in, &inner_out};
    }
};

// Everything that a transformer computes with.  Of learnt positions, rotations by those of a context,
// and turns by any, it has one.
class Parts {
   public:
    // `order` are symbols, if any: lanes over a sliding window then have logits for these alone, in
    // that order.  Throws weights::BadModel where a part is missing, of another shape, or would not be
    // exact.
    explicit Parts(const weights::Model& stored, std::span<const int32_t> order = {});
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    const Config config;
    weights::StoredLayer head;
    weights::StoredEmbedding embedding;
    Array<int32_t> positions;       // (context, width)
    Array<int16_t> cosines, sines;  // (context, head_width / 2)
    Array<int32_t> turns;           // (2, 2, 1024, head_width / 2)
    Array<int32_t> last_gain;
    Array<int32_t> activation;
    Array<int32_t> powers;  // of 2
    std::vector<Block> blocks;

    exact::Norm norm(const Array<int32_t>& gain) const {
        return {gain.data(), config.epsilon, config.center};
    }
    // Columns of the widest input of a layer, with its padding.
    size_t widest_input() const { return widest_input_; }
    // The same as lanes over a sliding window read it, which then has all layers but the head to itself;
    // it points here.
    const language::Transformer& sliding() const { return *sliding_; }

   private:
    void begin_packing(std::span<const int32_t> order);
    void pack(Block& block);
    exact::PackedLayer packed_head(std::span<const int32_t> order);
    exact::PackedLayer packed(const weights::StoredLayer& layer, size_t first, size_t last);
    exact::PackedLayer packed(const weights::StoredLayer& layer);
    Block read_block(const weights::Model& stored, size_t number, bool rotates) const;
    static weights::StoredLayer read_layer(const weights::Model& stored, const std::string& name,
                                           size_t num_outputs, size_t num_inputs);
    Array<int32_t> read_gain(const weights::Model& stored, const std::string& name) const;
    exact::AttentionScale read_scale(const weights::Model& stored, const std::string& name) const;
    static language::HeadNorm read_head_norm(const weights::Model& stored, const std::string& name,
                                             size_t width, Array<int32_t>& gain);

    size_t widest_input_ = 0;
    std::unique_ptr<language::Transformer> sliding_;
};

}  // namespace neurocomp::transformer
