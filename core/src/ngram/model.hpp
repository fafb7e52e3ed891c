// A stored n-gram model, read and checked: docs/spec/ngram.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/memory.hpp"
#include "ngram/smoothing.hpp"
#include "ngram/trie.hpp"
#include "symbolwise/model.hpp"
#include "weights/model.hpp"

namespace neurocomp::ngram {

inline constexpr std::string_view architecture = "ngram";
inline constexpr size_t max_order = 6;
inline constexpr size_t max_alphabet_size = 60'000;

class Model final : public symbolwise::Model {
   public:
    // Throws weights::BadModel where the model is another one, damaged, or smoothed in an unknown way.
    explicit Model(const weights::Model& stored);

    size_t alphabet_size() const override { return alphabet_size_; }
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    // A step takes less than handing it to threads would: there is one group.
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;

    // What a predictor computes with.
    const Trie& trie() const { return trie_; }
    size_t order() const { return order_; }
    // Writes tables, as the functions of the same names do.
    void predict(const int32_t* contexts, size_t num_lanes, int64_t* weights, int32_t* out) const;

   private:
    void read_trie(const weights::Model& stored);
    // The first node of each depth, 0 to order + 1.
    std::vector<size_t> find_levels() const;
    void check_siblings() const;
    void read_probabilities(const weights::Model& stored, bool backs_off);

    size_t alphabet_size_;
    size_t order_;
    Array<int32_t> starts_;
    Array<uint8_t> narrow_symbols_;
    Array<uint16_t> wide_symbols_;
    Trie trie_ = {};
    std::vector<size_t> levels_;

    Array<uint8_t> alphas_, gammas_;
    Array<int32_t> alpha_books_, gamma_books_, base_;
    Probabilities probabilities_ = {};
};

}  // namespace neurocomp::ngram
