#include "adaptive/predictor.hpp"

#include "base/integers.hpp"
#include "exact/kernels.hpp"

namespace neurocomp::adaptive {

namespace {

constexpr int discount = 10;  // off every count; less than a unit, so that a share stays positive
constexpr int64_t rate = 40;  // a share moves this part (1/rate) of the way to each posterior
constexpr int escape_bits = 16;
constexpr int64_t one_escape = int64_t{1} << escape_bits;
constexpr int64_t min_escape = 1 << 8;
constexpr int64_t max_escape = one_escape - min_escape;
constexpr int mass_bits = 30;
constexpr auto one_unit = static_cast<int32_t>(unit);

using Steps = std::array<int32_t, 7>;

// How many of the ascending steps are below `value`.
int32_t level(int32_t value, const Steps& steps) {
    int32_t level = 0;
    for (const int32_t step : steps) level += value > step ? 1 : 0;
    return level;
}

// Kinds of context: order, number of children, average count, the last two outcomes.
size_t kind_of(int context_order, const Node& node, int32_t outcomes) {
    constexpr Steps families = {1, 2, 3, 5, 9, 19, 39};
    constexpr Steps counts_of_one = {1, 2, 3, 5, 8, 14, 30};
    constexpr Steps averages = {4, 5, 7, 10, 15, 28, 60};
    const int32_t number = node.number();
    const int32_t family = level(number, families);
    const int32_t confidence = number == 1
                                   ? level(node.total() / one_unit, counts_of_one)
                                   : level(node.total() * 4 / (number * one_unit), averages);
    const int32_t kind = (context_order * 8 + family) * 32 + confidence * 4 + outcomes;
    return static_cast<size_t>(kind);
}

}  // namespace

Predictor::Predictor(size_t num_lanes, const Limits& limits)
    : limits_(limits),
      capacity_(limits.first_capacity),
      trie_(limits.first_capacity),
      lanes_(num_lanes),
      history_steps_(larger(limits.history_symbols / num_lanes, size_t{1})) {
    history_.resize(history_steps_ * num_lanes);
    for (size_t kind = 0; kind < num_kinds; ++kind) {
        escapes_[kind] = 36000 >> ((kind >> 2 & 7) >> 1);  // less where counts are higher
    }
    forget();
}

void Predictor::predict(int32_t* out) const {
    const exact::Kernels& kernels = exact::kernels();
    std::array<int64_t, alphabet_size> weights;
    for (const Lane& lane : lanes_) {
        weights.fill(1);
        int64_t mass = int64_t{1} << mass_bits;
        for (int k = order; k >= 0; --k) {
            const int32_t context = lane.contexts[static_cast<size_t>(k)];
            if (context < 0 || trie_[context].child < 0) continue;
            const Node& node = trie_[context];
            const int64_t escape = escapes_[kind_of(k, node, lane.outcomes)];
            const int64_t kept = mass * (one_escape - escape) >> escape_bits;
            mass -= kept;
            // Seven more bits, so that small shares survive the division: sums stay below 2**37.
            const int64_t scale = (kept << 7) / (node.total() - discount * node.number());
            for (int32_t child = node.child; child >= 0; child = trie_[child].sibling) {
                const Node& one = trie_[child];
                weights[one.symbol()] += scale * (one.count() - discount);
            }
        }
        for (int64_t& weight : weights) weight += mass >> 1;
        kernels.quantise_row(weights.data(), alphabet_size, out);
        out += alphabet_size;
    }
}

void Predictor::learn_escapes(const Lane& lane, const std::array<int32_t, order + 1>& children) {
    int64_t below =
        int64_t{1} << (mass_bits - 8);  // the symbol's probability from shorter contexts
    for (int k = 0; k <= order; ++k) {
        const int32_t context = lane.contexts[static_cast<size_t>(k)];
        if (context < 0 || trie_[context].child < 0) continue;
        const Node& node = trie_[context];
        int64_t here = 0;
        const int32_t child = children[static_cast<size_t>(k)];
        if (child >= 0) {
            const int64_t discounted = trie_[child].count() - discount;
            here = (discounted << mass_bits) / (node.total() - discount * node.number());
        }
        int64_t& escape = escapes_[kind_of(k, node, lane.outcomes)];
        const int64_t from_below = below * escape >> escape_bits;
        const int64_t both = from_below + (here * (one_escape - escape) >> escape_bits) + 1;
        const int64_t posterior = (from_below << escape_bits) / both;
        escape += floor_divide(posterior - escape, rate);
        escape = smaller(larger(escape, min_escape), max_escape);
        below = both;
    }
}

void Predictor::learn(const uint8_t* symbols) {
    std::array<int32_t, order + 1> children;
    for (Lane& lane : lanes_) {
        const uint8_t symbol = *symbols++;
        int longest = -1;  // order of the longest context that has seen something
        int found = -1;    // order of the longest context that has seen this symbol
        for (int k = order; k >= 0; --k) {
            const auto at = static_cast<size_t>(k);
            children[at] = -1;
            const int32_t context = lane.contexts[at];
            if (context < 0 || trie_[context].child < 0) continue;
            longest = larger(longest, k);
            children[at] = trie_.find_child(context, symbol);
            if (children[at] >= 0) found = larger(found, k);
        }
        learn_escapes(lane, children);
        for (int k = 0; k <= order; ++k) {
            const auto at = static_cast<size_t>(k);
            const int32_t context = lane.contexts[at];
            if (context < 0) continue;
            if (children[at] < 0) children[at] = trie_.add_child(context, symbol);
            trie_.count(context, children[at], k < found ? shadowed_unit : unit);
        }
        for (size_t k = order; k > 0; --k) lane.contexts[k] = children[k - 1];
        lane.outcomes = (lane.outcomes * 2 + (found == longest ? 1 : 0)) & 3;
    }
}

void Predictor::update(const uint8_t* symbols) {
    if (trie_.size() + lanes_.size() * (order + 1) > capacity_) make_room();
    uint8_t* const step = history_.data() + num_steps_ % history_steps_ * lanes_.size();
    for (size_t lane = 0; lane < lanes_.size(); ++lane) step[lane] = symbols[lane];
    ++num_steps_;
    learn(symbols);
}

void Predictor::forget() {
    trie_.clear();
    for (Lane& lane : lanes_) {
        lane.contexts.fill(-1);
        lane.contexts[0] = 0;
        lane.outcomes = 0;
    }
}

void Predictor::make_room() {
    if (capacity_ < limits_.max_nodes) {
        capacity_ *= 2;
        trie_.reserve(capacity_);
        return;
    }
    // The latest symbols fill less than half of the trie, whatever they are.
    const size_t num_kept = smaller(num_steps_, history_steps_);
    forget();
    for (size_t step = num_steps_ - num_kept; step < num_steps_; ++step) {
        learn(history_.data() + step % history_steps_ * lanes_.size());
    }
}

}  // namespace neurocomp::adaptive
