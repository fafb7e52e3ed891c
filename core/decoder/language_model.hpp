// A stored transformer as a model of bytes: its tokens, and lanes that foresee them.
#pragma once

#include <cstdint>
#include <vector>

#include "language/vocabulary.hpp"
#include "transformer/parts.hpp"
#include "weights/model.hpp"

namespace neurocomp::decoder {

class LanguageModel {
   public:
    // Throws weights::BadModel where it is another model, damaged, has a window that does not slide, or
    // no vocabulary with a token for each byte.
    explicit LanguageModel(const weights::Model& stored);

    const transformer::Config& config() const { return parts_.config; }
    const language::Vocabulary& vocabulary() const { return vocabulary_; }
    // Its logits are those of the vocabulary's sorted tokens.
    const language::Transformer& transformer() const { return parts_.sliding(); }
    // Tokens that lanes have read before their bytes.
    const std::vector<int32_t>& start() const { return start_; }
    // Keys and values of a lane, as the limit of lanes counts them.
    uint64_t lane_cache_bytes(size_t window) const;

   private:
    language::Vocabulary vocabulary_;
    transformer::Parts parts_;
    std::vector<int32_t> start_;
};

}  // namespace neurocomp::decoder
