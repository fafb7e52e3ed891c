// The judge of two opinions, and what the second one says of a token's end.  Included by
// mixture_impl.hpp only.
#pragma once

#include <algorithm>

#include "language/second.hpp"
#include "mix/bits_impl.hpp"

namespace neurocomp::language {

namespace {

constexpr int32_t least_judge_rate = 8;
constexpr int64_t more_judge_rate = 160;
constexpr int64_t judge_halving_bytes = 2048;
constexpr int32_t judge_weight_limit = (1 << 19) - 1;

constexpr int64_t always = 1 << 12;
constexpr int64_t least_ended = 16;
constexpr uint32_t ending_count_limit = 255;

NEUROCOMP_INLINE size_t number_of(const Vocabulary& vocabulary, const Prefix& prefix) {
    return static_cast<size_t>(&prefix - vocabulary.prefixes());
}

// Of 4096: how often a token has ended where the byte that followed, the last of `child`, could have
// made it longer.
NEUROCOMP_INLINE int64_t ended_before(const Second& second, const Vocabulary& vocabulary,
                                      const Prefix& child) {
    const uint32_t entry = second.endings[number_of(vocabulary, child)];
    return larger<int64_t>(mix::probability12(entry), least_ended);
}

// Learns whether a token had ended before the lane's next byte, which follows a prefix and leads to
// `child`.
NEUROCOMP_INLINE void learn_ending(Second& second, const Vocabulary& vocabulary, size_t lane,
                                   const Prefix& prefix, const Prefix& child) {
    const Prefix* longer = &child;
    const bool begins = &prefix == &vocabulary.root();
    if (begins) {
        const Prefix* const ended = second.ended[lane];
        if (ended == nullptr) return;
        const Prefix* const first = vocabulary.prefixes() + ended->first_child;
        const Prefix* const last = first + ended->num_children;
        longer = std::partition_point(first, last,
                                      [&](const Prefix& one) { return one.byte < child.byte; });
        if (longer == last || longer->byte != child.byte) return;
    } else if (!prefix.completes) {
        return;
    }
    uint32_t& entry = second.endings[number_of(vocabulary, *longer)];
    entry = mix::learned(second.tables.constants, entry, begins ? 1 : 0, ending_count_limit);
}

NEUROCOMP_INLINE int64_t log_odds(const mix::Tables& tables, int64_t ones, int64_t zeros) {
    return mix::logarithm_of(tables.constants, ones) - mix::logarithm_of(tables.constants, zeros);
}

// Weighs the lane's next byte, the one after a prefix: by the network alone, for its own mixture, and
// by what the vocabulary says of tokens that have this prefix, or have ended before it.
NEUROCOMP_INLINE void foresee_again(Second& second, const Vocabulary& vocabulary, size_t lane,
                                    const Prefix& prefix) {
    const int32_t* const weights = second.weigh(lane);
    mix::take_weights(second.lanes[lane], weights);
    int64_t* NEUROCOMP_RESTRICT const tree = second.tree;
    const bool begins = &prefix == &vocabulary.root();
    for (int i = 0; i < 256; ++i) tree[256 + i] = begins ? always * weights[i] : 0;
    const Prefix* const known = begins ? second.ended[lane] : &prefix;
    if (known != nullptr) {
        const Prefix* const children = vocabulary.prefixes() + known->first_child;
        for (int i = 0; i < known->num_children; ++i) {
            const int64_t ended = ended_before(second, vocabulary, children[i]);
            const int64_t share = begins ? ended : always - ended;
            tree[256 + children[i].byte] = share * weights[children[i].byte];
        }
    }
    for (size_t width = 128; width > 0; width /= 2) {
        for (size_t node = width; node < 2 * width; ++node) {
            tree[node] = tree[2 * node] + tree[2 * node + 1];
        }
    }
}

// Log odds that a token ends with a prefix, by what the network makes of the byte after it.
NEUROCOMP_INLINE int32_t second_end(Second& second, const Vocabulary& vocabulary, size_t lane,
                                    const Prefix& prefix) {
    const int32_t* const weights = second.weigh(lane);
    const Prefix* const children = vocabulary.prefixes() + prefix.first_child;
    int64_t all = 0, goes_on = 0;
    for (int i = 0; i < 256; ++i) all += always * weights[i];
    for (int i = 0; i < prefix.num_children; ++i) {
        const int64_t ended = ended_before(second, vocabulary, children[i]);
        goes_on += (always - ended) * weights[children[i].byte];
    }
    const int64_t odds = log_odds(second.tables, all - goes_on, goes_on);
    return static_cast<int32_t>(clamp<int64_t>(odds, mix::stretch_limit));
}

struct Judgement {
    int32_t inputs[Judge::num_inputs];
    size_t rows[Judge::num_sets];
    int32_t outputs[Judge::num_sets];
};

// Log odds of a one of 1 to 4 in magnitude.
constexpr NEUROCOMP_INLINE size_t quarter_of(int32_t odds) {
    return static_cast<size_t>(smaller(magnitude(odds) >> 9, 3));
}

// Log odds that the lane's next bit is a one, in the byte number `length` of its token.  `first` is the
// lane of the first mixture, which has mixed, `p` the second's probability, of 65536, and `raw`
// the language model's log odds.
NEUROCOMP_INLINE int32_t judge(const Second& second, const mix::Lane& first, size_t lane,
                               uint32_t p, int64_t raw, size_t length, Judgement& it) {
    const mix::Tables& tables = second.tables;
    const size_t ones = 2 * size_t{first.partial} + 1;
    const int64_t* const whole = second.lanes[lane].tree;
    const int64_t fitting = log_odds(tables, second.tree[ones], second.tree[ones - 1]);
    const int64_t shift = fitting - log_odds(tables, whole[ones], whole[ones - 1]);
    const int64_t mixed = log_odds(tables, p, 65536 - p) + shift;
    it.inputs[0] = first.mixed;
    it.inputs[1] = static_cast<int32_t>(clamp<int64_t>(mixed, mix::stretch_limit));
    it.inputs[2] = static_cast<int32_t>(clamp<int64_t>(raw, mix::stretch_limit));
    it.inputs[3] = static_cast<int32_t>(clamp<int64_t>(fitting, mix::stretch_limit));
    it.inputs[4] = 256;
    const bool disagree = (it.inputs[0] < 0) != (it.inputs[1] < 0);
    it.rows[0] = Judge::first_row[0] + 256 * smaller<size_t>(length - 1, 2) + first.partial;
    it.rows[1] = Judge::first_row[1] + (disagree ? 16 : 0) + 4 * quarter_of(it.inputs[0]) +
                 quarter_of(it.inputs[1]);
    it.rows[2] =
        Judge::first_row[2] + 4 * size_t{first.match_length >> 1} + smaller<size_t>(length - 1, 3);
    it.rows[3] = Judge::first_row[3];
    int32_t total = 0;
    for (int s = 0; s < Judge::num_sets; ++s) {
        const int32_t* const row = second.judge.weights.data() + it.rows[s] * Judge::num_inputs;
        int32_t sum = 0;
        for (int i = 0; i < Judge::num_inputs; ++i) sum += (it.inputs[i] * row[i]) >> 8;
        it.outputs[s] = clamp(sum >> 8, mix::squash_limit);
        total += it.outputs[s];
    }
    return total >> 2;
}

// Moves the rows that were chosen along the gradients of their code lengths.
NEUROCOMP_INLINE void learn_judgement(Second& second, const mix::Lane& lane, const Judgement& it,
                                      int bit) {
    const mix::Constants& constants = second.tables.constants;
    const int64_t seen = (lane.position - lane.start) * lane.num_lanes + judge_halving_bytes;
    const auto rate =
        static_cast<int32_t>(least_judge_rate + more_judge_rate * judge_halving_bytes / seen);
    for (int s = 0; s < Judge::num_sets; ++s) {
        const int32_t p = constants.squash[it.outputs[s] + mix::squash_limit];
        const int32_t error = (((bit << 16) - p) * rate) >> 10;
        int32_t* const row = second.judge.weights.data() + it.rows[s] * Judge::num_inputs;
        for (int i = 0; i < Judge::num_inputs; ++i) {
            const int32_t step = (it.inputs[i] * error + (1 << 11)) >> 12;
            row[i] = clamp(row[i] + step, judge_weight_limit);
        }
    }
}

}  // namespace

}  // namespace neurocomp::language
