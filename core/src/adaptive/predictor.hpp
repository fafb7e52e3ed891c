// How the adaptive model blends its contexts, and how it learns.
//
// From the longest context down, a context keeps a share of the probability that is left for what it
// has seen, in proportion to the discounted counts, and *escapes* with the rest to the next shorter
// one; the empty context escapes to the uniform distribution (the interpolation of Pitman-Yor and
// Kneser-Ney models).  The share that escapes is not computed from the counts but learnt for each
// kind of context, as in PPM with secondary escape estimation (C. Bloom, "Solving the problems of
// context modeling", 1998); it follows the posterior probability that the symbol came from below,
// which is online expectation maximisation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "adaptive/trie.hpp"

namespace neurocomp::adaptive {

inline constexpr size_t alphabet_size = 256;
inline constexpr size_t num_kinds = (order + 1) * 8 * 8 * 4;

struct Limits {
    size_t first_capacity;   // rows of a fresh trie
    size_t max_nodes;        // rows at most
    size_t history_symbols;  // a full trie is built again from so many of the latest symbols
};

// A trie, its escape shares, and the lanes' places in it.  The lanes share trie and shares, and
// update them in their order.
class Predictor {
   public:
    // Throws std::bad_alloc.
    Predictor(size_t num_lanes, const Limits& limits);

    size_t num_lanes() const { return lanes_.size(); }
    // Writes the tables of all lanes, (lanes, 256).
    void predict(int32_t* out) const;
    // Learns the next symbol of each lane.  Throws std::bad_alloc.
    void update(const uint8_t* symbols);

   private:
    struct Lane {
        std::array<int32_t, order + 1> contexts;  // by order; -1: the block is too young
        int32_t outcomes;                         // the last two
    };

    void forget();
    void make_room();
    void learn(const uint8_t* symbols);
    void learn_escapes(const Lane& lane, const std::array<int32_t, order + 1>& children);

    Limits limits_;
    size_t capacity_;  // rows that there is room for
    Trie trie_;
    std::vector<Lane> lanes_;
    std::array<int64_t, num_kinds> escapes_;  // in units of 2**-16
    std::vector<uint8_t> history_;            // steps of all lanes, in a ring
    size_t history_steps_;
    size_t num_steps_ = 0;
};

}  // namespace neurocomp::adaptive
