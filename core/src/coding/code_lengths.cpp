#include "coding/code_lengths.hpp"

#include <algorithm>

#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::coding {

namespace {

constexpr size_t small_alphabet = 4096;
constexpr int symbol_bits = 20;
constexpr uint64_t symbol_mask = (uint64_t{1} << symbol_bits) - 1;

uint64_t leaf_of(int32_t frequency, size_t symbol) {
    return static_cast<uint64_t>(frequency) << symbol_bits | symbol;
}

}  // namespace

bool is_table(const int32_t* frequencies, size_t size) {
    if (size < 1 || size > exact::max_alphabet_size) return false;
    const exact::Kernels& kernels = exact::kernels();
    return kernels.minimum(frequencies, size) >= 1 &&
           kernels.sum(frequencies, size) == exact::total_frequency;
}

void CodeLengths::build(const int32_t* frequencies, size_t size) {
    lengths_.resize(size);
    leaves_.resize(size + 1);
    spare_.resize(size + 1);
    parents_.resize(size);
    sort(frequencies, size);
    merge(size);
    const LengthCounts num_inner = count_inner_nodes(size);
    size_t position = size;
    int64_t num_nodes = 1;
    for (size_t length = 0; length <= max_code_length_bits; ++length) {
        counts_[length] = num_nodes - num_inner[length];
        for (int64_t i = 0; i < counts_[length]; ++i) {
            --position;
            lengths_[leaves_[position] & symbol_mask] = static_cast<uint8_t>(length);
        }
        num_nodes = 2 * num_inner[length];
    }
}

// How many inner nodes there are at each depth.
LengthCounts CodeLengths::count_inner_nodes(size_t size) {
    LengthCounts counts{};
    if (size < 2) return counts;
    // The inner nodes are 0 .. V - 2; parents_[i] > i, and the last is the root.  Going back, depths
    // never fall, so that each is counted as one run.
    uint64_t* const depths = spare_.data();
    depths[size - 2] = 0;
    uint64_t depth = 0;
    int64_t run = 1;
    for (size_t i = size - 2; i-- > 0;) {
        const uint64_t next = depths[parents_[i]] + 1;
        depths[i] = next;
        if (next != depth) {
            counts[depth] = run;
            depth = next;
            run = 0;
        }
        ++run;
    }
    counts[depth] = run;
    return counts;
}

// Writes the leaves in ascending order.
void CodeLengths::sort(const int32_t* frequencies, size_t size) {
    if (size < small_alphabet) {
        sort_few(frequencies, size);
    } else {
        sort_many(frequencies, size);
    }
}

// A stable radix sort by frequency, least significant digit first.
void CodeLengths::sort_few(const int32_t* frequencies, size_t size) {
    // A frequency of 2**24 itself takes one bit more, but is alone then.
    constexpr int digit_bits = 6;
    constexpr size_t num_digits = size_t{1} << digit_bits;
    constexpr size_t num_passes = exact::total_bits / digit_bits;
    const auto digit_of = [](uint64_t leaf, size_t pass) {
        const size_t low = symbol_bits + pass * digit_bits;
        return static_cast<size_t>(leaf >> low & (num_digits - 1));
    };
    std::array<std::array<uint32_t, num_digits>, num_passes> starts{};
    for (size_t i = 0; i < size; ++i) {
        const uint64_t leaf = leaf_of(frequencies[i], i);
        leaves_[i] = leaf;
        for (size_t pass = 0; pass < num_passes; ++pass) ++starts[pass][digit_of(leaf, pass)];
    }
    for (size_t pass = 0; pass < num_passes; ++pass) {
        if (starts[pass][digit_of(leaves_[0], pass)] == size) continue;  // all have one digit
        uint32_t start = 0;
        for (uint32_t& one : starts[pass]) {
            const uint32_t count = one;
            one = start;
            start += count;
        }
        for (size_t i = 0; i < size; ++i) {
            spare_[starts[pass][digit_of(leaves_[i], pass)]++] = leaves_[i];
        }
        leaves_.swap(spare_);
    }
}

// Frequencies below 2**12 are counted; fewer than 2**12 are not, for they sum to 2**24.
void CodeLengths::sort_many(const int32_t* frequencies, size_t size) {
    constexpr int32_t limit = 1 << exact::total_bits / 2;
    std::array<uint32_t, limit> starts{};
    size_t num_large = 0;
    for (size_t i = 0; i < size; ++i) {
        const int32_t frequency = frequencies[i];
        if (frequency < limit) {
            ++starts[static_cast<size_t>(frequency)];
        } else {
            spare_[num_large++] = leaf_of(frequency, i);
        }
    }
    uint32_t start = 0;
    for (uint32_t& one : starts) {
        const uint32_t count = one;
        one = start;
        start += count;
    }
    for (size_t i = 0; i < size; ++i) {
        const int32_t frequency = frequencies[i];
        if (frequency < limit) {
            leaves_[starts[static_cast<size_t>(frequency)]++] = leaf_of(frequency, i);
        }
    }
    std::sort(spare_.data(), spare_.data() + num_large);
    std::copy(spare_.data(), spare_.data() + num_large, leaves_.data() + start);
}

// Finds the parents of the inner nodes over the sorted leaves.  Inner nodes are numbered in the order
// made; spare_ takes their weights.
void CodeLengths::merge(size_t size) {
    // After the last leaf: heavier than any node, lighter than none.
    constexpr uint64_t no_node = uint64_t{1} << 63;
    leaves_[size] = no_node >> 1;
    const uint64_t* const leaves = leaves_.data();
    uint64_t* const weights = spare_.data();
    uint32_t* const parents = parents_.data();
    size_t leaf = 0, node = 0;
    uint64_t leaf_weight = leaves[0] >> symbol_bits;
    for (size_t made = 0; made + 1 < size; ++made) {
        uint64_t weight = 0;
        for (int i = 0; i < 2; ++i) {
            const uint64_t node_weight = node < made ? weights[node] : no_node;
            if (leaf_weight <= node_weight) {
                weight += leaf_weight;
                leaf_weight = leaves[++leaf] >> symbol_bits;
            } else {
                weight += node_weight;
                parents[node++] = static_cast<uint32_t>(made);
            }
        }
        weights[made] = weight;
    }
}

uint64_t CodeLengths::code(size_t symbol) const {
    const uint8_t length = lengths_[symbol];
    uint64_t code = 0;
    for (size_t shorter = 1; shorter < length; ++shorter) {
        code = (code + static_cast<uint64_t>(counts_[shorter])) << 1;
    }
    return code +
           static_cast<uint64_t>(exact::kernels().count_equal(lengths_.data(), symbol, length));
}

size_t CodeLengths::symbol(size_t length, int64_t rank) const {
    constexpr size_t block = 256;
    const auto wanted = static_cast<uint8_t>(length);
    const exact::Kernels& kernels = exact::kernels();
    size_t first = 0;
    while (first + block < lengths_.size()) {
        const int64_t count = kernels.count_equal(lengths_.data() + first, block, wanted);
        if (count > rank) break;
        rank -= count;
        first += block;
    }
    for (size_t symbol = first; symbol < lengths_.size(); ++symbol) {
        if (lengths_[symbol] == wanted && rank-- == 0) return symbol;
    }
    return lengths_.size() - 1;
}

}  // namespace neurocomp::coding
