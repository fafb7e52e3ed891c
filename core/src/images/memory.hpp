// What the images of a set have shown so far, beside what the prior has learnt.
//
// Each context of a code has counts n(c) of the codes c that followed it in the set.  Under the
// prior's probabilities p a Dirichlet distribution of weight 1 makes of them (n(c) + p(c)) / (n + 1)
// (D. MacKay, L. Peto, A hierarchical Dirichlet language model, 1995), which is 1 + n(c) / p(c) times
// p but for a constant.  The logarithms of these factors, weighted, are added to the prior's logits;
// the weights, one for each kind of context, follow the gradient of the code length (softmax
// regression; M. Mahoney, Adaptive weighing of context models, 2005).
//
// Logarithms are to base 2 in units of 2**-10, as logits are, and weights in units of 2**-20.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "images/contexts.hpp"
#include "images/counts.hpp"

namespace neurocomp::images {

inline constexpr int num_levels = 8;
inline constexpr size_t num_kinds =
    num_levels * num_levels;  // how often it was there, followed by what

struct RecordSizes {
    size_t num_tokens;   // of the captions' alphabet
    size_t num_columns;  // of an image
    size_t num_places;
    size_t num_codes;  // of the images' alphabet
};

// Counts and weights of a set, and where its lanes are.  At each place `mix` comes first and then
// `expect`, for some lanes or others, in threads of their own; then `learn`, for all of them, from
// what both have left behind.
class CodeMemory {
   public:
    // `logarithms` is a table for exact/logarithms.hpp.  Throws std::bad_alloc.
    CodeMemory(const RecordSizes& sizes, size_t num_lanes, std::vector<int32_t> logarithms,
               size_t first_entries, size_t max_entries);

    size_t num_lanes() const { return num_lanes_; }
    const RecordSizes& sizes() const { return sizes_; }

    // Writes the logits of the codes at `place`, (lanes, codes), with what the set has shown.
    // The prior's logits and frequencies are of `count` lanes from `first` on.
    void mix(size_t first, size_t count, size_t place, const int32_t* logits, const int32_t* priors,
             int32_t* out);
    // Takes note of what is predicted in the end, frequencies (lanes, codes).
    void expect(size_t first, size_t count, const int32_t* tables);
    // Learns from the codes at `place`, (lanes,), of the lanes that are `active`.
    void learn(size_t place, const int32_t* codes, const bool* active);
    // Takes the captions of the lanes' next images, (lanes, most), of `lengths` tokens each; lanes
    // that are not active have none.
    void read_captions(const int32_t* tokens, size_t most, const int64_t* lengths,
                       const bool* active);

   private:
    // Of one lane, at one place.
    struct Step {
        std::array<uint64_t, num_contexts> keys{};
        std::array<const Context*, num_contexts> contexts{};  // null where it was never there
        std::array<size_t, num_contexts> kinds{};
        std::array<int64_t, num_contexts> expected{};                      // gain
        std::array<std::array<int32_t, max_codes>, num_contexts> gains{};  // in order of the lists
    };

    int64_t gain(int32_t count, int32_t frequency) const;
    void mix_lane(size_t lane, size_t place, const int32_t* priors, int32_t* logits);

    RecordSizes sizes_;
    size_t num_lanes_;
    std::vector<int32_t> logarithms_;
    CodeCounts counts_;
    std::array<std::array<int32_t, num_kinds>, num_contexts> weights_;
    std::vector<int32_t> num_seen_;  // of each token
    std::vector<int32_t> rarest_;    // (lanes, num_rarest)
    std::vector<int32_t> codes_;     // of the images that lanes are at, (lanes, places)
    std::vector<int32_t> priors_;    // (lanes, codes)
    std::vector<Step> steps_;        // (lanes,)
};

}  // namespace neurocomp::images
