// Huffman code lengths of one frequency table, in time linear in the alphabet.
//
// The leaves are sorted by (frequency, symbol), digit by digit; two queues, the leaves and the
// inner nodes made so far, then both stay sorted, so that each merge takes the two smallest fronts
// (D. A. Huffman 1952; J. van Leeuwen 1976).  A leaf goes before an inner node of the same weight,
// which keeps the tree as flat as an optimal one can be.  Only the parents of the inner nodes are
// kept: the number of leaves at each depth follows from the number of inner nodes at the one above
// (A. Moffat, J. Katajainen 1995), and rarer symbols never have shorter codes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace neurocomp::coding {

// A tree of depth d needs a total of the Fibonacci number F(d + 2); F(37) exceeds 2**24.
inline constexpr size_t max_code_length_bits = 34;

// How many symbols have a code of each length.
using LengthCounts = std::array<int64_t, max_code_length_bits + 1>;

// Builds codes of one table after the other, in memory of its own.
class CodeLengths {
   public:
    // Finds the lengths for a table of `size` frequencies, which `is_table` accepts.
    // Throws std::bad_alloc.
    void build(const int32_t* frequencies, size_t size);

    // Of the last table: a length for each symbol, and how many symbols have it.
    const std::vector<uint8_t>& lengths() const { return lengths_; }
    const LengthCounts& counts() const { return counts_; }

    // The canonical code of a symbol of the last table: codes rise in order of (length, symbol),
    // each the one before plus one, shifted where the length grows (E. S. Schwartz, B. Kallick 1964).
    uint64_t code(size_t symbol) const;
    // The symbol that has the code of this length whose rank among those of the length this is.
    size_t symbol(size_t length, int64_t rank) const;

   private:
    void sort(const int32_t* frequencies, size_t size);
    void sort_few(const int32_t* frequencies, size_t size);
    void sort_many(const int32_t* frequencies, size_t size);
    void merge(size_t size);
    LengthCounts count_inner_nodes(size_t size);

    std::vector<uint8_t> lengths_;
    LengthCounts counts_{};
    std::vector<uint64_t> leaves_;  // frequency above symbol
    std::vector<uint64_t> spare_;   // while sorting; then weights of inner nodes, then their depths
    std::vector<uint32_t> parents_;
};

// Whether `size` frequencies are at least 1 each, 2**24 in all, and 2**20 at most.
bool is_table(const int32_t* frequencies, size_t size);

}  // namespace neurocomp::coding
