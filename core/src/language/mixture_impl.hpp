// The walk from a token's first byte to its end.  Included once by each source that compiles it for a
// kind of processor.
#pragma once

#include <algorithm>

#include "language/ends_impl.hpp"
#include "language/judge_impl.hpp"
#include "language/mixture.hpp"
#include "language/sums_impl.hpp"
#include "mix/bits_impl.hpp"

namespace neurocomp::language {

namespace {

using coding::fine_bits;

constexpr int32_t sure_model = mix::stretch_limit;
constexpr int32_t sure_mixed = 6 * 256;
constexpr uint32_t sure_count_limit = 1023;

// The probability of log odds in units of 2**-22.
NEUROCOMP_INLINE uint32_t fine_squash(int32_t log_odds) {
    const auto p = static_cast<uint32_t>(mix::constants().squash[log_odds + mix::squash_limit]);
    return p << (fine_bits - 16);
}

// Codes a decision.  `raw` are the language model's log odds of a one, `mixed` those of the mixture.
template <typename Coder>
NEUROCOMP_INLINE int code_decision(Certainties& sure, Coder& coder, int64_t raw, int32_t mixed,
                                   int bit) {
    const bool expected = raw > 0;
    const int64_t model = expected ? raw : -raw;
    const int32_t agreed = expected ? mixed : -mixed;
    if (model < sure_model || agreed < sure_mixed) {
        return coder.code_fine(fine_squash(mixed), bit);
    }
    const auto model_step = static_cast<int>(
        smaller<int64_t>((model - sure_model) >> 7, Certainties::num_model_steps - 1));
    const int mixed_step = smaller((agreed - sure_mixed) >> 8, Certainties::num_mixed_steps - 1);
    uint32_t& entry = sure.maps[model_step * Certainties::num_mixed_steps + mixed_step];
    const uint32_t right = larger(entry >> 10, uint32_t{1});
    const uint32_t fine = expected ? right : (uint32_t{1} << fine_bits) - right;
    const int coded = coder.code_fine(fine, bit);
    entry =
        mix::learned(mix::constants(), entry, (coded != 0) == expected ? 1 : 0, sure_count_limit);
    return coded;
}

// Weighs the byte after a prefix.
NEUROCOMP_INLINE void foresee(const Mixture& mixture, mix::Lane& lane, const Prefix& prefix) {
    int64_t* NEUROCOMP_RESTRICT const tree = lane.tree;
    const Prefix* const children = mixture.vocabulary.prefixes() + prefix.first_child;
    for (int i = 0; i < 256; ++i) tree[256 + i] = 1;
    int64_t most = 0;
    int64_t before = prefix.num_children == 0 ? 0 : sum_before(mixture, children[0].first);
    for (int i = 0; i < prefix.num_children; ++i) {
        const Prefix& child = children[i];
        const int64_t after = sum_before(mixture, child.last);
        const int64_t weight = after - before;
        before = after;
        tree[256 + child.byte] = weight;
        if (weight > most) {
            most = weight;
            lane.foreseen = 256 + uint32_t{child.byte};
        }
    }
    for (size_t width = 128; width > 0; width /= 2) {
        for (size_t node = width; node < 2 * width; ++node) {
            tree[node] = tree[2 * node] + tree[2 * node + 1];
        }
    }
}

// Codes a bit that the vocabulary leaves open, the byte being number `length` of its token.
template <typename Coder>
NEUROCOMP_INLINE int code_bit(Mixture& mixture, size_t number, Coder& coder, size_t length,
                              int wanted) {
    mix::Tables& tables = mixture.tables;
    mix::Lane& lane = mixture.lanes[number].mix;
    Second* const second = mixture.second.get();
    mix::predict_mixed<true>(tables, lane);
    const int64_t* const pair = lane.tree + 2 * size_t{lane.partial};
    const int64_t raw = log_odds(tables, pair[1], pair[0]);
    int bit = 0;
    if (second == nullptr) {
        bit = code_decision(mixture.sure_bytes, coder, raw, lane.mixed, wanted);
    } else {
        mix::Lane& other = second->lanes[number];
        const uint32_t p = mix::predict<true>(second->tables, other);
        Judgement judgement;
        const int32_t mixed = judge(*second, lane, number, p, raw, length, judgement);
        bit = code_decision(mixture.sure_bytes, coder, raw, mixed, wanted);
        learn_judgement(*second, lane, judgement, bit);
        mix::update<true>(second->tables, other, bit);
    }
    mix::update_mixed<true, true>(tables, lane, bit);
    return bit;
}

// Goes past a bit that the vocabulary leaves no choice for.
NEUROCOMP_INLINE void pass_bit(Mixture& mixture, size_t number, int bit) {
    mix::Tables& tables = mixture.tables;
    mix::Lane& lane = mixture.lanes[number].mix;
    mix::predict_contexts(tables, lane);
    mix::predict_matches(tables, lane);
    mix::update_mixed<true, false>(tables, lane, bit);
    if (Second* const second = mixture.second.get()) {
        mix::predict<true>(second->tables, second->lanes[number]);
        mix::update<true>(second->tables, second->lanes[number], bit);
    }
}

// Codes the byte after a prefix, the one of that number in its token, and returns the prefix with it.
template <typename Coder>
NEUROCOMP_INLINE const Prefix& code_byte(Mixture& mixture, size_t number, Coder& coder,
                                         const Prefix& prefix, size_t length, uint32_t byte) {
    mix::Lane& lane = mixture.lanes[number].mix;
    Second* const second = mixture.second.get();
    foresee(mixture, lane, prefix);
    if (second != nullptr) foresee_again(*second, mixture.vocabulary, number, prefix);
    const Prefix* first = mixture.vocabulary.prefixes() + prefix.first_child;
    const Prefix* last = first + prefix.num_children;
    for (int shift = 7; shift >= 0; --shift) {
        // Of the bytes that may come, those with a one begin here.
        const uint32_t least = ((lane.partial << 1 | 1) << shift) & 255;
        const Prefix* const ones =
            std::partition_point(first, last, [=](const Prefix& one) { return one.byte < least; });
        if (ones == first || ones == last) {
            pass_bit(mixture, number, ones == first ? 1 : 0);
            continue;
        }
        const auto wanted = static_cast<int>(byte >> shift & 1);
        const int bit = code_bit(mixture, number, coder, length, wanted);
        (bit != 0 ? first : last) = ones;
    }
    if (second != nullptr) {
        learn_ending(*second, mixture.vocabulary, number, prefix, *first);
        second->read(number, first->byte);
    }
    return *first;
}

// Codes whether a token ends with a prefix that others begin with.
template <typename Coder>
NEUROCOMP_INLINE bool code_end(Mixture& mixture, size_t number, Coder& coder, const Prefix& prefix,
                               size_t length, bool ends) {
    const int64_t rest = sum_before(mixture, prefix.last) - sum_before(mixture, prefix.first + 1);
    const auto raw =
        static_cast<int32_t>(log_odds(mixture.tables, mixture.weights[prefix.first], rest));
    const auto name = static_cast<size_t>(&prefix - mixture.vocabulary.prefixes());
    int32_t other = 0;
    if (Second* const second = mixture.second.get()) {
        other = second_end(*second, mixture.vocabulary, number, prefix);
        second->ended[number] = &prefix;
    }
    EndInputs end;
    const int32_t mixed =
        predict_end(mixture, mixture.lanes[number].mix, name, length, raw, other, end);
    const int bit = code_decision(mixture.sure_ends, coder, raw, mixed, ends ? 1 : 0);
    learn_end(mixture, end, bit);
    return bit != 0;
}

// Codes a token whose bytes are `content`, or decodes one where that is null.  Returns its place in the
// sorted vocabulary, or -1 where the lane ends within it.
template <typename Coder>
int64_t code_token(Mixture& mixture, size_t number, Coder& coder, const int32_t* logits,
                   const uint8_t* content, size_t size) {
    weigh(mixture, logits);
    const Mixture::Lane& lane = mixture.lanes[number];
    const Prefix* prefix = &mixture.vocabulary.root();
    for (size_t length = 1;; ++length) {
        if (lane.mix.position == lane.end) return -1;
        const uint32_t byte = content == nullptr ? 0 : content[length - 1];
        prefix = &code_byte(mixture, number, coder, *prefix, length, byte);
        if (!prefix->completes) continue;
        const bool is_open = prefix->num_children > 0 && lane.mix.position < lane.end;
        if (mixture.second != nullptr) mixture.second->ended[number] = nullptr;
        if (!is_open || code_end(mixture, number, coder, *prefix, length, length == size)) break;
    }
    mixture.ends.flags[static_cast<size_t>(lane.mix.position - 1)] = 1;
    learn_token(mixture, prefix->first);
    return prefix->first;
}

bool encode(Mixture& mixture, size_t lane, coding::Encoder& coder, const int32_t* logits,
            int32_t token) {
    const std::span<const uint8_t> content = mixture.vocabulary.content(token);
    code_token(mixture, lane, coder, logits, content.data(), content.size());
    return !coder.is_spent();
}

int32_t decode(Mixture& mixture, size_t lane, coding::Decoder& coder, const int32_t* logits) {
    const int64_t place = code_token(mixture, lane, coder, logits, nullptr, 0);
    if (place < 0 || coder.is_spent()) return -1;
    return mixture.vocabulary.order()[static_cast<size_t>(place)];
}

}  // namespace

}  // namespace neurocomp::language
