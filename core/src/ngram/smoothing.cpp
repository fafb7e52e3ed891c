#include "ngram/smoothing.hpp"

#include "exact/kernels.hpp"

namespace neurocomp::ngram {

namespace {

// A symbol's weight sums at most 6 terms of 2**35 (one an order), which is below 2**38.
constexpr int shift = 25;

template <typename Symbol>
void add_alphas(const Trie& trie, const KneserNey& smoothing, size_t context, const int32_t* book,
                int64_t mass, int64_t* weights) {
    const auto* const symbols = static_cast<const Symbol*>(trie.symbols);
    const auto end = static_cast<size_t>(trie.starts[context + 1]);
    for (auto child = static_cast<size_t>(trie.starts[context]); child < end; ++child) {
        const int64_t alpha = book[smoothing.alphas[child - smoothing.first_alpha]];
        weights[symbols[child]] += mass * alpha >> shift;
    }
}

}  // namespace

void predict(const Trie& trie, const KneserNey& smoothing, const int32_t* contexts,
             size_t num_lanes, size_t order, int64_t* weights, int32_t* out) {
    const exact::Kernels& kernels = exact::kernels();
    const size_t size = trie.alphabet_size;
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        for (size_t i = 0; i < size; ++i) weights[i] = 1;
        int64_t mass = int64_t{1} << value_bits;  // the product of the gammas of longer contexts
        for (size_t length = order - 1; length > 0; --length) {
            const int32_t found = contexts[lane * order + length];
            if (found < 0) continue;
            const auto context = static_cast<size_t>(found);
            const size_t book = (length - 1) * num_codes;
            if (trie.wide) {
                add_alphas<uint16_t>(trie, smoothing, context, smoothing.alpha_books + book, mass,
                                     weights);
            } else {
                add_alphas<uint8_t>(trie, smoothing, context, smoothing.alpha_books + book, mass,
                                    weights);
            }
            const int64_t gamma = smoothing.gamma_books[book + smoothing.gammas[context - 1]];
            mass = mass * gamma >> value_bits;
        }
        kernels.add_shares(smoothing.base, size, mass, shift, weights);
        kernels.quantise_row(weights, size, out + lane * size);
    }
}

void predict_by_counts(const Trie& trie, const uint32_t* counts, const int32_t* contexts,
                       size_t num_lanes, size_t order, int64_t* weights, int32_t* out) {
    const exact::Kernels& kernels = exact::kernels();
    const size_t size = trie.alphabet_size;
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        for (size_t i = 0; i < size; ++i) weights[i] = 0;
        const int32_t* const row = contexts + lane * order;
        size_t length = order - 1;
        while (length > 0 &&
               (row[length] < 0 || !trie.has_children(static_cast<size_t>(row[length])))) {
            --length;
        }
        const auto context = static_cast<size_t>(row[length]);
        const auto end = static_cast<size_t>(trie.starts[context + 1]);
        for (auto child = static_cast<size_t>(trie.starts[context]); child < end; ++child) {
            weights[trie.symbol(child)] = counts[child];
        }
        kernels.quantise_row(weights, size, out + lane * size);
    }
}

}  // namespace neurocomp::ngram
