// How the counts of a trie become probabilities: two smoothings.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ngram/trie.hpp"

namespace neurocomp::ngram {

inline constexpr size_t num_codes = 256;
inline constexpr int value_bits = 30;

// Probabilities on a trie.  Interpolated: P(s | h) = alpha(hs) + gamma(h) * P(s | h'), where h' is h
// without its first symbol; a context that was never seen has gamma = 1 and no alpha.  Backing off:
// P(s | h) = alpha(hs) where hs is in the trie, else gamma(h) * P(s | h').  Which alpha and gamma make
// these modified Kneser-Ney and Katz's back-off is the trainer's business; here they are 8-bit codes,
// and a code book for each depth gives their values, 0 to 2**30, in units of 2**-30, of gammas of
// back-off 2**-28.
struct Probabilities {
    const uint8_t* alphas;       // of the nodes of depth 2 and more, the first being `first_alpha`
    const uint8_t* gammas;       // of the inner nodes but the root
    const int32_t* alpha_books;  // (order - 1, 256), at depth 2, 3, ...
    const int32_t* gamma_books;  // (order - 1, 256), at depth 1, 2, ...
    const int32_t* base;         // (V,), after no context at all
    size_t first_alpha;          // the first child of node 1, starts[1]
    bool backs_off;
};

// Writes the tables of all lanes, (lanes, V); `weights` has room for V numbers.  The contexts are as
// `are_contexts` wants them, and the order is 6 at most.
void predict(const Trie& trie, const Probabilities& probabilities, const int32_t* contexts,
             size_t num_lanes, size_t order, int64_t* weights, int32_t* out);

}  // namespace neurocomp::ngram
