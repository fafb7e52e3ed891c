// The table of bit histories, and what they predict.  Included by kernels.hpp only.
//
// A context's first four bits walk down one slot (a binary tree of 15 nodes), the next four another:
// one cache miss for four bits.  A slot is a check byte and 15 histories; the four slots of a cache
// line are the candidates for a context.  All contexts share the table: those with many values take
// what those with few leave.
#pragma once

#include <cstring>

#include "mix/hashing.hpp"

namespace neurocomp::mix {

namespace {

constexpr int num_orders = 7;  // contexts 0 .. 6 have rising order

// Finds the slot of every context for the nibble that begins, or clears one for it.
NEUROCOMP_INLINE void find_slots(Tables& tables, Lane& lane) {
    uint8_t* const slots = tables.slots.data();
    const uint64_t nibble = uint64_t{lane.partial} * golden;
    for (int i = 0; i < num_contexts; ++i) {
        uint64_t index = (lane.hashes[i] ^ nibble) * other_factor;
        index ^= index >> 29;
        lane.nodes[i] = index;
        NEUROCOMP_PREFETCH(slots + ((index & tables.line_mask) << 6), 1);  // misses overlap
    }
    for (uint64_t& node : lane.nodes) {
        const uint64_t index = node;
        const auto check = static_cast<uint8_t>((index >> 48) | 1);  // an empty slot has 0
        const uint64_t first = (index & tables.line_mask) << 6;
        uint8_t* const line = slots + first;
        unsigned found = 0;
        if (line[0] != check) {
            if (line[16] == check) {
                found = 16;
            } else if (line[32] == check) {
                found = 32;
            } else if (line[48] == check) {
                found = 48;
            } else {  // the shortest history at the root is the least to lose
                for (unsigned other = 16; other < 64; other += 16) {
                    if (line[other + 1] < line[found + 1]) found = other;
                }
                std::memset(line + found, 0, 16);
                line[found] = check;
            }
        }
        node = first + found + 1;
    }
}

// Sets the inputs of all contexts, and how many of rising order have been seen before.  A map from
// histories to probabilities says what came after a history in its context so far.
NEUROCOMP_INLINE void predict_contexts(const Tables& tables, Lane& lane) {
    const Constants& constants = tables.constants;
    const uint8_t* const slots = tables.slots.data() + (lane.node - 1);
    const uint32_t* const maps = tables.history_maps.data();
    uint32_t order = 0;
    for (uint32_t i = 0; i < num_contexts; ++i) {
        const uint32_t history = slots[lane.nodes[i]];
        const uint32_t index = i * num_histories + history;
        lane.history_index[i] = index;
        const uint32_t probability = probability12(maps[index]);
        // Nothing is known after an empty history.
        const int32_t known = history > 0 ? -1 : 0;
        lane.inputs[i] = constants.stretch[probability] & known;
        lane.inputs[num_sources + i] = ((static_cast<int32_t>(probability) - 2048) >> 1) & known;
        if (i < num_orders) order -= static_cast<uint32_t>(known);
    }
    lane.order = order;
    lane.inputs[order0_input] = constants.stretch[probability12(tables.order0_map[lane.partial])];
}

// Trains the maps and appends the bit to the histories.
NEUROCOMP_INLINE void update_contexts(Tables& tables, Lane& lane, int bit) {
    const Constants& constants = tables.constants;
    uint8_t* const slots = tables.slots.data() + (lane.node - 1);
    uint32_t* const maps = tables.history_maps.data();
    const uint8_t* const next = constants.next_history + bit;
    for (int i = 0; i < num_contexts; ++i) {
        uint32_t& entry = maps[lane.history_index[i]];
        entry = learned(constants, entry, bit, count_limit);
    }
    // Two contexts may have the same slot: one after the other.
    for (const uint64_t node : lane.nodes) {
        uint8_t& history = slots[node];
        history = next[2 * size_t{history}];
    }
    uint32_t& order0 = tables.order0_map[lane.partial];
    order0 = learned(constants, order0, bit, count_limit);
}

}  // namespace

}  // namespace neurocomp::mix
