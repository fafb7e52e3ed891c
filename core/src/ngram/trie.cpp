#include "ngram/trie.hpp"

namespace neurocomp::ngram {

bool is_sound(const Trie& trie) {
    if (trie.num_inner < 1 || trie.num_nodes < trie.num_inner) return false;
    if (trie.starts[0] != 1) return false;
    for (size_t node = 0; node < trie.num_inner; ++node) {
        if (trie.starts[node + 1] < trie.starts[node]) return false;
    }
    if (static_cast<size_t>(trie.starts[trie.num_inner]) != trie.num_nodes) return false;
    for (size_t node = 0; node < trie.num_nodes; ++node) {
        if (trie.symbol(node) >= trie.alphabet_size) return false;
    }
    return true;
}

int32_t find_child(const Trie& trie, size_t node, size_t symbol) {
    auto low = static_cast<size_t>(trie.starts[node]);
    const auto end = static_cast<size_t>(trie.starts[node + 1]);
    size_t high = end;
    while (low < high) {
        const size_t middle = (low + high) >> 1;
        if (trie.symbol(middle) < symbol) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end && trie.symbol(low) == symbol ? static_cast<int32_t>(low) : -1;
}

bool are_contexts(const Trie& trie, const int32_t* contexts, size_t num_lanes, size_t order) {
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        const int32_t* const row = contexts + lane * order;
        if (row[0] != 0) return false;
        for (size_t length = 1; length < order; ++length) {
            if (row[length] != -1 &&
                (row[length] < 1 || static_cast<size_t>(row[length]) >= trie.num_inner)) {
                return false;
            }
        }
    }
    return true;
}

void advance(const Trie& trie, int32_t* contexts, size_t num_lanes, size_t order,
             const int32_t* symbols) {
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        int32_t* const row = contexts + lane * order;
        for (size_t length = order - 1; length > 0; --length) {
            const int32_t shorter = row[length - 1];
            const int32_t found = shorter < 0 ? -1
                                              : find_child(trie, static_cast<size_t>(shorter),
                                                           static_cast<size_t>(symbols[lane]));
            // Contexts that nothing follows are nodes of the last level in a damaged trie only.
            row[length] = found < 0 || static_cast<size_t>(found) < trie.num_inner ? found : -1;
        }
    }
}

}  // namespace neurocomp::ngram
