// A network's prediction of the byte as two inputs of the mixers.  Included by kernels.hpp only.
//
// The network weighs all 256 bytes; sums of weights over those that begin with the bits seen so far
// give the probability of the next bit.
#pragma once

#include "mix/hashing.hpp"

namespace neurocomp::mix {

namespace {

constexpr int64_t octave = 2839;  // 4096 ln 2: a doubling, in units of 1/4096 nat

// Natural logarithm of 1 <= value < 2**62 in units of 1/256, less a constant.
NEUROCOMP_INLINE int64_t logarithm_of(const Constants& constants, int64_t value) {
    const int octaves = bit_length(static_cast<uint64_t>(value)) - 1;
    const uint64_t place = static_cast<uint64_t>(value) << (62 - octaves) >> (62 - logarithm_bits);
    return octaves * octave / 16 + constants.logarithm[place - (uint64_t{1} << logarithm_bits)];
}

// Takes what the network makes of the next byte: weights of 1 .. 2**30, of 256 bytes.
NEUROCOMP_INLINE void take_weights(Lane& lane, const int32_t* weights) {
    int64_t* NEUROCOMP_RESTRICT const tree = lane.tree;
    int32_t most = 0;
    for (int i = 0; i < 256; ++i) most = larger(most, weights[i]);
    uint32_t best = 0;
    while (weights[best] != most) ++best;
    for (int i = 0; i < 256; ++i) tree[256 + i] = weights[i];
    for (size_t width = 128; width > 0; width /= 2) {
        for (size_t node = width; node < 2 * width; ++node) {
            tree[node] = tree[2 * node] + tree[2 * node + 1];
        }
    }
    lane.foreseen = 256 + best;
}

// Sets the network's inputs: log odds, and the probability's distance to 1/2.
NEUROCOMP_INLINE void predict_network(const Tables& tables, Lane& lane) {
    const int64_t* const pair = lane.tree + 2 * size_t{lane.partial};
    const int64_t zeros = pair[0], ones = pair[1];
    const int64_t log_odds =
        logarithm_of(tables.constants, ones) - logarithm_of(tables.constants, zeros);
    const int64_t probability = (ones << 12) / (ones + zeros);
    lane.inputs[network_source] = static_cast<int32_t>(clamp<int64_t>(log_odds, stretch_limit));
    lane.inputs[num_sources + network_source] = static_cast<int32_t>((probability - 2048) >> 1);
}

}  // namespace

}  // namespace neurocomp::mix
