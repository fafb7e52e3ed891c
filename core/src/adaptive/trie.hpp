// The context trie of the adaptive model: counts of what followed each recent context.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neurocomp::adaptive {

inline constexpr int order = 5;       // longest context, in bytes
inline constexpr uint32_t unit = 16;  // what one occurrence adds to a count
inline constexpr uint32_t shadowed_unit =
    1;                                    // in contexts shorter than the longest that knew the byte
inline constexpr int count_limit = 2500;  // a count above this halves all counts of its context

// A node stands for a string of up to order + 1 bytes.  Counts stay below 2**12, sums of a family's
// below 2**20.
struct alignas(16) Node {
    uint32_t entry = 0;    // count << 8 | last byte
    int32_t child = -1;    // the first one
    int32_t sibling = -1;  // the next one
    uint32_t summary = 0;  // sum of the children's counts << 9 | number of children

    uint8_t symbol() const { return static_cast<uint8_t>(entry & 255); }
    int32_t count() const { return static_cast<int32_t>(entry >> 8); }
    int32_t number() const { return static_cast<int32_t>(summary & 511); }
    int32_t total() const { return static_cast<int32_t>(summary >> 9); }
};

// Rows are handed out in order; row 0 is the empty context.
class Trie {
   public:
    explicit Trie(size_t capacity) { nodes_.reserve(capacity); }

    void clear() { nodes_.assign(1, Node{}); }
    size_t size() const { return nodes_.size(); }
    size_t capacity() const { return nodes_.capacity(); }
    // Throws std::bad_alloc.
    void reserve(size_t capacity) { nodes_.reserve(capacity); }

    const Node& operator[](int32_t row) const { return nodes_[static_cast<size_t>(row)]; }

    // The child of a context for a symbol, moved to the front, or -1.
    int32_t find_child(int32_t context, uint8_t symbol);
    // Makes a first child of the context, with a count of 0; there is room for it.
    int32_t add_child(int32_t context, uint8_t symbol);
    // Adds to a child's count, and halves its family's when that gets too large.
    void count(int32_t context, int32_t child, uint32_t amount);

   private:
    Node& at(int32_t row) { return nodes_[static_cast<size_t>(row)]; }

    std::vector<Node> nodes_;
};

}  // namespace neurocomp::adaptive
