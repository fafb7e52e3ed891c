// What networks of tokens have in common: one table of word vectors, at the input and the output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exact/layers.hpp"
#include "weights/layers.hpp"
#include "weights/model.hpp"

namespace neurocomp::tokennets {

// neurocomp/models/tokennets/config.py says what they mean.
struct Config {
    // Throws weights::BadModel where a field is missing or out of range.  A network's configuration
    // has `num_fields` in all.
    Config(const weights::Json& fields, size_t num_fields);

    size_t alphabet_size;
    size_t width;
    int64_t epsilon;
    int64_t embedding_shift;
    int32_t start_symbol;
};

// Fields of the networks: throw weights::BadModel.
size_t read_size(const weights::Json& fields, const char* name, size_t most);

inline constexpr size_t max_inner_width = size_t{1} << 14;

class Words {
   public:
    // Throws weights::BadModel.
    Words(const weights::Model& stored, const Config& config);

    const exact::Layer& head() const { return head_.view(); }
    // The table of powers of 2.
    const int32_t* powers() const { return exp2_.data(); }
    // Writes the vectors of symbols (count,), one after the other, in units of 2**-12.
    void write_vectors(const int32_t* symbols, size_t count, int32_t* out) const;

   private:
    size_t width_;
    weights::StoredLayer head_;
    weights::StoredEmbedding embedding_;
    Array<int32_t> exp2_;
};

// A layer whose outputs are cut at `clip`.  Throws weights::BadModel.
weights::StoredLayer read_layer(const weights::Model& stored, const std::string& name,
                                size_t num_outputs, size_t num_inputs, int64_t clip);

// Rows of neighbouring numbers.
inline exact::Matrix<int32_t> rows_of(std::vector<int32_t>& values, size_t num_rows, size_t width) {
    return {values.data(), num_rows, width, static_cast<ptrdiff_t>(width)};
}

}  // namespace neurocomp::tokennets
