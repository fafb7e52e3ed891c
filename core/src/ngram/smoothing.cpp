#include "ngram/smoothing.hpp"

#include <algorithm>

#include "exact/kernels.hpp"

namespace neurocomp::ngram {

namespace {

// A symbol's weight sums at most 6 terms of 2**35 (one an order), or is one of 2**37: below 2**38.
constexpr int shift = 25;

// Weights of backing off reach 4.  What is left is a probability but where a model is forged.
constexpr int backoff_bits = 2;
constexpr int64_t max_mass = int64_t{1} << 32;

// Adds what the symbols that followed a context have there; with back-off only to those that no
// longer context has said anything of.
template <typename Symbol, bool backs_off>
void add_alphas(const Trie& trie, const Probabilities& probabilities, size_t context,
                const int32_t* book, int64_t mass, int64_t* weights) {
    const auto* const symbols = static_cast<const Symbol*>(trie.symbols);
    const auto end = static_cast<size_t>(trie.starts[context + 1]);
    for (auto child = static_cast<size_t>(trie.starts[context]); child < end; ++child) {
        int64_t& weight = weights[symbols[child]];
        if (backs_off && weight != 0) continue;
        const int64_t alpha = book[probabilities.alphas[child - probabilities.first_alpha]];
        weight += (mass * alpha >> shift) + (backs_off ? 1 : 0);
    }
}

// Gives the symbols that no context has said anything of their share of `mass`.
void fill_shares(const int32_t* base, size_t size, int64_t mass, int64_t* weights) {
    for (size_t i = 0; i < size; ++i) {
        const int64_t share = (mass * base[i] >> shift) + 1;
        weights[i] = weights[i] != 0 ? weights[i] : share;
    }
}

template <typename Symbol, bool backs_off>
void predict_row(const Trie& trie, const Probabilities& probabilities, const int32_t* contexts,
                 size_t order, int64_t* weights) {
    const size_t size = trie.alphabet_size;
    std::fill_n(weights, size, backs_off ? 0 : 1);
    int64_t mass = int64_t{1} << value_bits;  // the product of the gammas of longer contexts
    for (size_t length = order - 1; length > 0; --length) {
        if (contexts[length] < 0) continue;
        const auto context = static_cast<size_t>(contexts[length]);
        const size_t book = (length - 1) * num_codes;
        add_alphas<Symbol, backs_off>(trie, probabilities, context,
                                      probabilities.alpha_books + book, mass, weights);
        const int64_t gamma = probabilities.gamma_books[book + probabilities.gammas[context - 1]];
        mass = backs_off ? std::min(mass * gamma >> (value_bits - backoff_bits), max_mass)
                         : mass * gamma >> value_bits;
    }
    if (backs_off) {
        fill_shares(probabilities.base, size, mass, weights);
    } else {
        exact::kernels().add_shares(probabilities.base, size, mass, shift, weights);
    }
}

}  // namespace

void predict(const Trie& trie, const Probabilities& probabilities, const int32_t* contexts,
             size_t num_lanes, size_t order, int64_t* weights, int32_t* out) {
    const auto row =
        trie.wide
            ? (probabilities.backs_off ? predict_row<uint16_t, true> : predict_row<uint16_t, false>)
            : (probabilities.backs_off ? predict_row<uint8_t, true> : predict_row<uint8_t, false>);
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        row(trie, probabilities, contexts + lane * order, order, weights);
        exact::kernels().quantise_row(weights, trie.alphabet_size, out + lane * trie.alphabet_size);
    }
}

}  // namespace neurocomp::ngram
