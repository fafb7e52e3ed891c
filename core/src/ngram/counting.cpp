#include "ngram/counting.hpp"

#include <stdexcept>

namespace neurocomp::ngram {

namespace {

// A number that must be below `limit`.
size_t within(int64_t number, size_t limit) {
    if (number < 0 || static_cast<uint64_t>(number) >= limit) {
        throw std::invalid_argument("counting n-grams: a number points out of its range");
    }
    return static_cast<size_t>(number);
}

// Where the group of each rank begins; the counts sum to `size` at most.
std::vector<int32_t> begins(const std::vector<int32_t>& counts, size_t size) {
    std::vector<int32_t> starts(counts.size());
    int64_t start = 0;
    for (size_t rank = 0; rank < counts.size(); ++rank) {
        starts[rank] = static_cast<int32_t>(start);
        start += static_cast<int64_t>(within(counts[rank], size + 1));
        within(start, size + 1);
    }
    return starts;
}

}  // namespace

std::vector<int32_t> sort_positions(const std::vector<int32_t>& ranks,
                                    const std::vector<int32_t>& counts) {
    std::vector<int32_t> ends = begins(counts, ranks.size());
    std::vector<int32_t> positions(ranks.size());
    for (size_t position = 0; position < ranks.size(); ++position) {
        int32_t& end = ends[within(ranks[position], ends.size())];
        positions[within(end, positions.size())] = static_cast<int32_t>(position);
        ++end;
    }
    return positions;
}

Groups group_positions(const std::vector<int32_t>& by_symbol, const std::vector<int32_t>& ranks,
                       const std::vector<int32_t>& counts, const std::vector<uint8_t>& room,
                       size_t length) {
    Groups groups;
    groups.ends = begins(counts, ranks.size());
    groups.positions.resize(ranks.size());
    within(static_cast<int64_t>(ranks.size()), room.size() + 1);
    for (const int32_t later : by_symbol) {
        const int64_t position = later - static_cast<int64_t>(length);
        if (position < 0) continue;
        const size_t at = within(position, ranks.size());
        if (room[at] <= length) continue;
        int32_t& end = groups.ends[within(ranks[at], groups.ends.size())];
        groups.positions[within(end, groups.positions.size())] = static_cast<int32_t>(position);
        ++end;
    }
    return groups;
}

Grams split_groups(const Groups& groups, const std::vector<int32_t>& counts,
                   const std::vector<int32_t>& symbols, size_t length) {
    Grams grams;
    grams.ranks.assign(symbols.size(), -1);
    const std::vector<int32_t> starts = begins(counts, groups.positions.size());
    within(static_cast<int64_t>(starts.size()), groups.ends.size() + 1);
    for (size_t parent = 0; parent < starts.size(); ++parent) {
        const size_t end = within(groups.ends[parent], groups.positions.size() + 1);
        bool is_first = true;
        int32_t previous = 0;
        for (auto j = static_cast<size_t>(starts[parent]); j < end; ++j) {
            const int32_t position = groups.positions[j];
            const size_t at = within(position, symbols.size());
            const int32_t symbol =
                symbols[within(static_cast<int64_t>(at + length), symbols.size())];
            if (is_first || symbol != previous) {
                grams.parents.push_back(static_cast<int32_t>(parent));
                grams.symbols.push_back(symbol);
                grams.examples.push_back(position);
                grams.counts.push_back(0);
                previous = symbol;
                is_first = false;
            }
            ++grams.counts.back();
            grams.ranks[at] = static_cast<int32_t>(grams.counts.size()) - 1;
        }
    }
    return grams;
}

}  // namespace neurocomp::ngram
