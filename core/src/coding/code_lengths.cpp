#include "coding/code_lengths.hpp"

#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::coding {

namespace {

constexpr size_t small_alphabet = 4096;
constexpr int symbol_bits = 20;
constexpr uint64_t symbol_mask = (uint64_t{1} << symbol_bits) - 1;

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
    LengthCounts num_inner{};
    std::vector<uint64_t>& depths = spare_;
    if (size > 1) {
        // The inner nodes are 0 .. V - 2; parents_[i] > i, and the last is the root.
        depths[size - 2] = 0;
        num_inner[0] = 1;
        for (size_t i = size - 2; i-- > 0;) {
            const uint64_t depth = depths[parents_[i]] + 1;
            depths[i] = depth;
            ++num_inner[depth];
        }
    }
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

// Writes the leaves in ascending order: a stable radix sort by frequency, least significant digit
// first.  Digits are wide where the alphabet pays for their counters, and the number of passes is
// even, so that the result is where the leaves were.
void CodeLengths::sort(const int32_t* frequencies, size_t size) {
    // A frequency of 2**24 itself takes one bit more, but is alone then.
    const int digit_bits = size < small_alphabet ? exact::total_bits / 4 : exact::total_bits / 2;
    const size_t num_digits = size_t{1} << digit_bits;
    for (size_t i = 0; i < size; ++i) {
        leaves_[i] = static_cast<uint64_t>(frequencies[i]) << symbol_bits | i;
    }
    uint64_t* from = leaves_.data();
    uint64_t* to = spare_.data();
    for (int low = 0; low < exact::total_bits; low += digit_bits) {
        const int shift = symbol_bits + low;
        starts_.assign(num_digits, 0);
        for (size_t i = 0; i < size; ++i) ++starts_[(from[i] >> shift) & (num_digits - 1)];
        uint32_t start = 0;
        for (size_t digit = 0; digit < num_digits; ++digit) {
            const uint32_t count = starts_[digit];
            starts_[digit] = start;
            start += count;
        }
        for (size_t i = 0; i < size; ++i) {
            to[starts_[(from[i] >> shift) & (num_digits - 1)]++] = from[i];
        }
        uint64_t* const sorted = to;
        to = from;
        from = sorted;
    }
}

// Finds the parents of the inner nodes over the sorted leaves.  Inner nodes are numbered in the order
// made; spare_ takes their weights.
void CodeLengths::merge(size_t size) {
    // After the last leaf: heavier than any node, lighter than none.
    constexpr uint64_t no_node = uint64_t{1} << 63;
    leaves_[size] = no_node >> 1;
    uint64_t* const weights = spare_.data();
    size_t leaf = 0, node = 0;
    uint64_t leaf_weight = leaves_[0] >> symbol_bits;
    for (size_t made = 0; made + 1 < size; ++made) {
        uint64_t weight = 0;
        for (int i = 0; i < 2; ++i) {
            const uint64_t node_weight = node < made ? weights[node] : no_node;
            if (leaf_weight <= node_weight) {
                weight += leaf_weight;
                leaf_weight = leaves_[++leaf] >> symbol_bits;
            } else {
                weight += node_weight;
                parents_[node++] = static_cast<uint32_t>(made);
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
    return code + static_cast<uint64_t>(exact::kernels().count_equal(lengths_.data(), symbol, length));
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
