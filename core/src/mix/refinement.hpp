// Final maps: what probability a mixed probability has turned out to mean in a small context.
// Included by kernels.hpp only.
//
// Adaptive probability maps, also called secondary symbol estimation: for each context a row of
// probabilities, one for each nat of log odds, between which is interpolated (Mahoney, 2005).
#pragma once

#include "mix/hashing.hpp"

namespace neurocomp::mix {

namespace {

constexpr int apm_rate = 6;

// The context of the second map: a hash of the last two bytes and of the bits so far.
NEUROCOMP_INLINE uint32_t pair_context(const Tables& tables, const Lane& lane) {
    const uint64_t pair = byte_at(tables, lane.position - 1) | byte_at(tables, lane.position - 2)
                                                                   << 8;
    return static_cast<uint32_t>((pair * 0x2F0B4C47 + lane.partial * uint64_t{0x9E3779B1}) >> 11) &
           (apm_contexts - 1);
}

NEUROCOMP_INLINE uint32_t byte_context(const Lane& lane, uint32_t byte) {
    return lane.partial | (byte & 255) << 8;
}

// Asks for rows that are known before the mixture: they miss the caches.
NEUROCOMP_INLINE void prefetch_maps(const Tables& tables, const Lane& lane) {
    const uint16_t* const one =
        tables.apms.data() +
        size_t{byte_context(lane, byte_at(tables, lane.position - 1))} * apm_points;
    const uint16_t* const two =
        tables.apms.data() + (apm_contexts + size_t{pair_context(tables, lane)}) * apm_points;
    NEUROCOMP_PREFETCH(one, 1);
    NEUROCOMP_PREFETCH(one + apm_points - 1, 1);
    NEUROCOMP_PREFETCH(two, 1);
    NEUROCOMP_PREFETCH(two + apm_points - 1, 1);
}

// The 16-bit probability that a map has for the mixed log odds in a context.
NEUROCOMP_INLINE int32_t read_map(const Tables& tables, Lane& lane, uint32_t number,
                                  uint32_t context) {
    const auto place = static_cast<uint32_t>(lane.mixed + 256 * (apm_points / 2));
    const uint32_t point = place >> 8;
    const auto weight = static_cast<int32_t>(place & 255);
    const uint32_t index = (number * apm_contexts + context) * apm_points + point;
    const int32_t left = tables.apms[index] ^ tables.apm_first[point];
    const int32_t right = tables.apms[index + 1] ^ tables.apm_first[point + 1];
    const uint32_t nearer = weight >> 7 != 0 ? 1 : 0;
    lane.apm_index[number] = index + nearer;
    lane.apm_point[number] = point + nearer;
    return (left * (256 - weight) + right * weight) >> 8;
}

// The probability of a one, 1 .. 65535 of 65536, from the mixed log odds.
NEUROCOMP_INLINE uint32_t refine(const Tables& tables, Lane& lane) {
    const int32_t mixed = tables.constants.squash[lane.mixed + squash_limit];
    const uint32_t last = byte_at(tables, lane.position - 1);
    const uint32_t foreseen = lane.expected != 0 ? lane.expected : lane.foreseen;
    const int32_t order1 = read_map(tables, lane, 0, byte_context(lane, last));
    const int32_t order2 = read_map(tables, lane, 1, pair_context(tables, lane));
    const int32_t expected = read_map(tables, lane, 2, byte_context(lane, foreseen));
    const int32_t mean = (2 * mixed + order1 + 3 * order2 + 2 * expected) >> 3;
    return static_cast<uint32_t>(larger(1, smaller(65535, mean)));
}

// Moves the nearer of the two points that were used in each map.
NEUROCOMP_INLINE void train_maps(Tables& tables, const Lane& lane, int bit) {
    for (int number = 0; number < num_apms; ++number) {
        const uint16_t first = tables.apm_first[lane.apm_point[number]];
        uint16_t& entry = tables.apms[lane.apm_index[number]];
        const int32_t probability = entry ^ first;
        const int32_t moved = probability + (((bit << 16) - bit - probability) >> apm_rate);
        entry = static_cast<uint16_t>(moved) ^ first;
    }
}

}  // namespace

}  // namespace neurocomp::mix
