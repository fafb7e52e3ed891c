// The recurrent network of tokens: the byte network's blocks between word vectors, in integers.
#pragma once

#include <string_view>
#include <vector>

#include "symbolwise/model.hpp"
#include "tokennets/words.hpp"

namespace neurocomp::tokennets {

class Recurrent final : public symbolwise::Model {
   public:
    static constexpr std::string_view architecture = "recurrent-tokens";

    // Throws weights::BadModel where it is another model, damaged, or would not be exact.
    explicit Recurrent(const weights::Model& stored);

    size_t alphabet_size() const override { return config_.alphabet_size; }
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;

   private:
    class Lanes;
    struct Block {
        weights::StoredLayer gates, out, up, down;
    };

    Config config_;
    size_t num_blocks_;
    size_t inner_width_;
    Words words_;
    std::vector<Block> blocks_;
    Array<int32_t> gate_;  // the recurrence's table
    Array<int32_t> silu_;  // of the output gate
};

}  // namespace neurocomp::tokennets
