// Counting the n-grams of a text, order by order, in linear time.
//
// Positions are kept sorted by the k-gram that begins there.  To sort them by (k + 1)-grams, they are
// taken in the order of the symbol at i + k, which is the order of single symbols shifted by k, and
// each is appended to the group of its k-gram: one pass of a radix sort.  A k-gram is then known by
// its rank among all k-grams, so the alphabet's size does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neurocomp::ngram {

// All throw std::invalid_argument where a number points out of its range.

// The positions of `ranks`, stably sorted by them; counts[r] says how often rank r is there.
std::vector<int32_t> sort_positions(const std::vector<int32_t>& ranks,
                                    const std::vector<int32_t>& counts);

// Positions with each rank's group at its old place, sorted by the symbol that follows, and where each
// group ends: positions whose document ends before the symbol are left out.
struct Groups {
    std::vector<int32_t> positions;
    std::vector<int32_t> ends;
};
Groups group_positions(const std::vector<int32_t>& by_symbol, const std::vector<int32_t>& ranks,
                       const std::vector<int32_t>& counts, const std::vector<uint8_t>& room,
                       size_t length);

// The (length + 1)-grams: the rank at each position, -1 where there is none, and of each one its
// parent, last symbol, count, and one position where it begins.
struct Grams {
    std::vector<int32_t> ranks;
    std::vector<int32_t> parents;
    std::vector<int32_t> symbols;
    std::vector<int32_t> counts;
    std::vector<int32_t> examples;
};
Grams split_groups(const Groups& groups, const std::vector<int32_t>& counts,
                   const std::vector<int32_t>& symbols, size_t length);

}  // namespace neurocomp::ngram
