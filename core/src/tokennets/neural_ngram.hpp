// The neural n-gram: a feed-forward network over the vectors of the last symbols (Y. Bengio et al.,
// A neural probabilistic language model, 2003), in integers.
#pragma once

#include <string_view>

#include "symbolwise/model.hpp"
#include "tokennets/words.hpp"

namespace neurocomp::tokennets {

class NeuralNgram final : public symbolwise::Model {
   public:
    static constexpr std::string_view architecture = "neural-ngram";

    // Throws weights::BadModel where it is another model, damaged, or would not be exact.
    explicit NeuralNgram(const weights::Model& stored);

    size_t alphabet_size() const override { return config_.alphabet_size; }
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;

   private:
    class Lanes;

    Config config_;
    size_t context_;
    size_t hidden_width_;
    Words words_;
    weights::StoredLayer hidden_;  // to twice the argument of tanh
    weights::StoredLayer out_;
    Array<int32_t> sigmoid_;
};

}  // namespace neurocomp::tokennets
