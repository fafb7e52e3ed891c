// One bit of the mixture: predict it, be told what it was.  Included once by each source that compiles
// kernels for a kind of processor.
#pragma once

#include "mix/contexts.hpp"
#include "mix/foresight.hpp"
#include "mix/matches.hpp"
#include "mix/mixers.hpp"
#include "mix/refinement.hpp"
#include "mix/slots.hpp"

namespace neurocomp::mix {

namespace {

// Mixed log odds that the next bit is a one.  Every source of predictions writes
// its part of lane.inputs: one more is one more line here, and its inputs in layout.hpp.
template <bool with_network>
NEUROCOMP_INLINE void predict_mixed(const Tables& tables, Lane& lane) {
    predict_contexts(tables, lane);
    predict_matches(tables, lane);
    if (with_network && lane.foreseen > 0) predict_network(tables, lane);
    lane.inputs[bias_input] = 256;
    choose_rows<with_network>(tables, lane);
    lane.mixed = mix<with_network>(tables, lane);
}

// Probability that the next bit is a one: 1 .. 65535 of 65536.
template <bool with_network>
NEUROCOMP_INLINE uint32_t predict(const Tables& tables, Lane& lane) {
    prefetch_maps(tables, lane);
    predict_mixed<with_network>(tables, lane);
    return refine(tables, lane);
}

// Goes to the next bit, and at the end of a nibble or byte to its contexts.
NEUROCOMP_INLINE void advance(Tables& tables, Lane& lane, int bit) {
    lane.partial = lane.partial << 1 | static_cast<uint32_t>(bit);
    lane.node = lane.node << 1 | static_cast<uint32_t>(bit);
    ++lane.num_bits;
    if (lane.num_bits == 8) {
        tables.history[static_cast<size_t>(lane.position)] =
            static_cast<uint8_t>(lane.partial & 255);
        ++lane.position;
        lane.partial = 1;
        lane.num_bits = 0;
        find_matches(tables, lane);
        set_contexts(tables, lane);
        set_rate(lane);
    }
    if (lane.num_bits % 4 == 0) {
        lane.node = 1;
        find_slots(tables, lane);
    }
}

// Learns the bit that followed a prediction without final maps, or one that needed no mixers.
template <bool with_network, bool with_mixers>
NEUROCOMP_INLINE void update_mixed(Tables& tables, Lane& lane, int bit) {
    if (with_mixers) train_mixers<with_network>(tables, lane, bit);
    update_contexts(tables, lane, bit);
    update_matches(tables, lane, bit);
    advance(tables, lane, bit);
}

// Learns the bit that followed the last prediction.
template <bool with_network>
NEUROCOMP_INLINE void update(Tables& tables, Lane& lane, int bit) {
    train_mixers<with_network>(tables, lane, bit);
    train_maps(tables, lane, bit);
    update_contexts(tables, lane, bit);
    update_matches(tables, lane, bit);
    advance(tables, lane, bit);
}

}  // namespace

}  // namespace neurocomp::mix
