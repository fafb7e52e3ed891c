// Matches: the byte that followed the longest earlier occurrence of the last bytes.  Included by
// kernels.hpp only.
//
// Two of them remember where the last six and the last fourteen bytes occurred before; the second
// finds longer matches when the first sits on a short recent one.
#pragma once

#include "mix/hashing.hpp"

namespace neurocomp::mix {

namespace {

constexpr int64_t min_lengths[num_matches] = {6, 14};
constexpr int64_t max_length = 65535;
constexpr int64_t checked_length = 32;  // bytes compared when a match is found
constexpr uint32_t match_count_limit = 255;

// Where a match's probability for a step of its length is in match_maps.
constexpr NEUROCOMP_INLINE size_t match_entry(int match, int32_t step) {
    return static_cast<size_t>(match) * match_steps + static_cast<size_t>(step);
}

// Lengths in 32 steps: single bytes to 15, by four to 31, then by 32.
constexpr NEUROCOMP_INLINE int32_t step_of(int64_t length) {
    if (length < 16) return static_cast<int32_t>(length);
    if (length < 32) return static_cast<int32_t>(16 + ((length - 16) >> 2));
    return static_cast<int32_t>(smaller<int64_t>(20 + ((length - 32) >> 5), match_steps - 1));
}

// How many bytes before two positions are the same, at most `checked_length`.  Either may be the
// smaller: a lane may match what a later one has written.
NEUROCOMP_INLINE int64_t common_length(const uint8_t* history, int64_t one, int64_t other) {
    const int64_t most = smaller(checked_length, smaller(one, other));
    int64_t length = 0;
    while (length < most && history[one - 1 - length] == history[other - 1 - length]) ++length;
    return length;
}

// Continues the matches over the last finished byte, or looks for new ones.
NEUROCOMP_INLINE void find_matches(Tables& tables, Lane& lane) {
    const uint8_t* const history = tables.history.data();
    const int64_t position = lane.position;
    for (size_t m = 0; m < num_matches; ++m) {
        Match& match = lane.matches[m];
        if (match.length > 0) {
            if (byte_at(tables, match.pointer) == history[position - 1]) {
                match.length = smaller(match.length + 1, max_length);
                ++match.pointer;
            } else {
                match.length = 0;
            }
        }
        if (position >= min_lengths[m]) {
            uint64_t hash = 0;
            for (int64_t back = 1; back <= min_lengths[m]; ++back) {
                hash = (hash + history[position - back] + 1) * golden;
            }
            const uint64_t head = (hash >> 40) & tables.head_mask;
            int32_t& place = tables.match_heads[m * (tables.head_mask + 1) + head];
            if (match.length == 0) {
                const int64_t length = common_length(history, place, position);
                if (length >= min_lengths[m]) {
                    match.length = length;
                    match.pointer = place;
                }
            }
            place = static_cast<int32_t>(position);
        }
        match.expected = match.length > 0 ? 256 + byte_at(tables, match.pointer) : 0;
    }
}

// Sets the two inputs of each match: log odds, and the probability's distance to 1/2.
NEUROCOMP_INLINE void predict_matches(const Tables& tables, Lane& lane) {
    lane.expected = 0;
    lane.match_length = 0;
    for (int m = 0; m < num_matches; ++m) {
        Match& match = lane.matches[m];
        int32_t log_odds = 0;
        int32_t distance = 0;
        match.prediction = -1;
        if (match.expected > 0) {
            if (match.expected >> (8 - lane.num_bits) == lane.partial) {
                const auto bit = static_cast<int32_t>((match.expected >> (7 - lane.num_bits)) & 1);
                const int32_t step = step_of(match.length);
                match.prediction = 2 * step + bit;
                const uint32_t probability = probability12(tables.match_maps[match_entry(m, step)]);
                const int32_t sign = 2 * bit - 1;
                log_odds = sign * tables.constants.stretch[probability];
                distance = sign * (static_cast<int32_t>(probability) - 2048);
                lane.expected = match.expected;
                lane.match_length = static_cast<uint32_t>(1 + smaller(step >> 1, 14));
            } else {
                match.expected = 0;
                match.length = 0;
            }
        }
        lane.inputs[match_source + m] = log_odds;
        lane.inputs[num_sources + match_source + m] = distance;
    }
}

// Trains the map of the lengths that made a prediction.
NEUROCOMP_INLINE void update_matches(Tables& tables, const Lane& lane, int bit) {
    for (int m = 0; m < num_matches; ++m) {
        const int32_t prediction = lane.matches[m].prediction;
        if (prediction < 0) continue;
        uint32_t& entry = tables.match_maps[match_entry(m, prediction >> 1)];
        const int hit = (prediction & 1) == bit ? 1 : 0;
        entry = learned(tables.constants, entry, hit, match_count_limit);
    }
}

}  // namespace

}  // namespace neurocomp::mix
