// The n-grams of a model as a trie, in breadth-first order.
//
// Node 0 is the empty string; then come the nodes of depth 1, those of depth 2, and so on, each level
// sorted by (parent, symbol).  So the children of a node are consecutive: those of n are starts[n] up
// to starts[n + 1].  Nodes of the last level have none and no entry.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::ngram {

// Somebody else's arrays, which `is_sound` accepts.  Symbols are of 8 or 16 bits.
struct Trie {
    const int32_t* starts;  // (num_inner + 1,)
    const void* symbols;    // (num_nodes,), the last symbol of each node
    bool wide;              // whether they have 16 bits
    size_t num_inner;
    size_t num_nodes;
    size_t alphabet_size;

    size_t symbol(size_t node) const {
        return wide ? static_cast<const uint16_t*>(symbols)[node]
                    : static_cast<const uint8_t*>(symbols)[node];
    }
    bool has_children(size_t node) const { return starts[node] < starts[node + 1]; }
};

// Whether children follow each other within the nodes, from node 1 on, and symbols are of the
// alphabet: then no walk from node to child leaves the arrays.
bool is_sound(const Trie& trie);

// The child of an inner node for a symbol, or -1.
int32_t find_child(const Trie& trie, size_t node, size_t symbol);

// Contexts of lanes, (lanes, order): the node of each one's last k symbols in column k, or -1.
// Column 0 is the root; others are inner nodes but the root.
bool are_contexts(const Trie& trie, const int32_t* contexts, size_t num_lanes, size_t order);

// Appends a symbol to the contexts of each lane.
void advance(const Trie& trie, int32_t* contexts, size_t num_lanes, size_t order,
             const int32_t* symbols);

}  // namespace neurocomp::ngram
