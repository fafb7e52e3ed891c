// A second opinion beside a language model's: that of a network of bytes and contexts.
//
// It is what `sections` code blocks with, bit by bit: the language model knows English, a network of
// bytes other languages as well, and its mixers have learnt from text.  A judge weighs both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/memory.hpp"
#include "language/vocabulary.hpp"
#include "mix/state.hpp"
#include "network/batch.hpp"

namespace neurocomp::language {

// The network and what its mixers know of text, which is null for nothing; the caller keeps both.
struct SecondModel {
    const network::Network& network;
    const mix::Experience* experience;
};

// Mixes both opinions of a byte's bits: four rows of weights, chosen by what is known, predict the bit
// each by itself; their mean is the result.
struct Judge {
    // The first mixture's, the second's, each model's alone, and a constant.
    static constexpr int num_inputs = 5;
    static constexpr int num_sets = 4;
    // By bits and place in the token, by what both say, by the match and that place, and one for all.
    static constexpr size_t first_row[num_sets] = {0, 768, 800, 832};
    static constexpr size_t num_rows = 833;

    Judge();

    Array<int32_t> weights;  // rows of num_inputs; 65536 is 1
};

class Second {
   public:
    // Lanes of these sizes, whose bytes lie one after the other.  `content` is all of these where they
    // are known, which is faster, else null; the caller keeps it.  Throws std::bad_alloc.
    Second(const SecondModel& model, const Vocabulary& vocabulary, mix::Profile profile,
           std::span<const size_t> sizes, const uint8_t* content);

    // Weights of the lane's next byte, 256 of 1 .. 2**30.
    const int32_t* weigh(size_t lane);
    // Takes the lane's next byte, once its contexts have it.
    void read(size_t lane, uint8_t byte);

    mix::Tables tables;
    std::vector<mix::Lane> lanes;
    // Of each lane the prefix that its last token ended with although others go on; null for none.
    std::vector<const Prefix*> ended;
    // Of each prefix: P(a token has ended before its last byte, where one could have).
    Array<uint32_t> endings;
    Judge judge;
    // Weights of a byte by the network that fit what is known of the token, times 4,096; sums of
    // subtrees before them, as in mix::Lane.
    int64_t tree[512] = {};

   private:
    void look_ahead(size_t lane);

    static constexpr size_t most_ahead = 32;  // bytes that are weighed at once where they are known

    network::Lanes network_;
    const uint8_t* content_;
    std::vector<int64_t> ends_;  // of lanes
    size_t ahead_;
    std::vector<int32_t> foreseen_;  // (lanes, ahead, 256)
    std::vector<uint8_t> is_known_;  // of each lane: whether its next byte has been weighed
};

}  // namespace neurocomp::language
