// The shape of a stored transformer: neurocomp/models/transformer/config.py says what it means.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weights/json.hpp"

namespace neurocomp::transformer {

struct Config {
    // Throws weights::BadModel where a field is missing or out of range.
    explicit Config(const weights::Json& fields);

    size_t alphabet_size;
    size_t context;
    size_t width;
    size_t num_layers;
    size_t num_heads;
    size_t num_key_heads;
    size_t head_width;
    size_t inner_width;
    bool gated;
    bool center;
    bool rotary;
    bool tied;
    int64_t epsilon;
    int64_t embedding_shift;
    int32_t start_symbol;
    size_t num_sinks;
    bool norms_heads;
    bool norms_together;  // all heads as one
    bool norms_outputs;   // of attention and the inner layers, not their inputs

    // Whether the window slides, and is not read again when it is full.
    bool slides() const { return num_sinks > 0; }
    size_t query_width() const { return num_heads * head_width; }
    size_t key_width() const { return num_key_heads * head_width; }
    size_t attended_width() const { return query_width() + 2 * key_width(); }
};

}  // namespace neurocomp::transformer
