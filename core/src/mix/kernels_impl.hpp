// The mixture as its callers see it: predict a bit, be told what it was.  Included once by each
// source that compiles the kernels for a kind of processor.
#pragma once

#include "mix/contexts.hpp"
#include "mix/foresight.hpp"
#include "mix/kernels.hpp"
#include "mix/matches.hpp"
#include "mix/mixers.hpp"
#include "mix/refinement.hpp"
#include "mix/slots.hpp"

namespace neurocomp::mix {

namespace {

// Probability that the next bit is a one: 1 .. 65535 of 65536.  Every source of predictions writes
// its part of lane.inputs: one more is one more line here, and its inputs in layout.hpp.
template <bool with_network>
NEUROCOMP_INLINE uint32_t predict(const Tables& tables, Lane& lane) {
    prefetch_maps(tables, lane);
    predict_contexts(tables, lane);
    predict_matches(tables, lane);
    if (with_network && lane.foreseen > 0) predict_network(tables, lane);
    lane.inputs[bias_input] = 256;
    choose_rows<with_network>(tables, lane);
    lane.mixed = mix<with_network>(tables, lane);
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

// Learns the bit that followed the last prediction.
template <bool with_network>
NEUROCOMP_INLINE void update(Tables& tables, Lane& lane, int bit) {
    train_mixers<with_network>(tables, lane, bit);
    train_maps(tables, lane, bit);
    update_contexts(tables, lane, bit);
    update_matches(tables, lane, bit);
    advance(tables, lane, bit);
}

// Codes a byte, or decodes one; both are the same instructions but for the coder's.
template <bool with_network, typename Coder>
uint8_t code_byte(Tables& tables, Lane& lane, Coder& coder, uint8_t byte) {
    int coded = 0;
    for (int shift = 7; shift >= 0; --shift) {
        const uint32_t p = predict<with_network>(tables, lane);
        const int bit = coder.code(p, byte >> shift & 1);
        update<with_network>(tables, lane, bit);
        coded = coded << 1 | bit;
    }
    return static_cast<uint8_t>(coded);
}

constexpr size_t num_weights = 256;

template <typename Coder, typename Byte>
bool code_bytes(Tables& tables, Lane& lane, Coder& coder, const int32_t* weights, Byte* data,
                size_t num_bytes) {
    constexpr bool decoding = !std::is_const_v<Byte>;
    for (size_t i = 0; i < num_bytes; ++i) {
        if (weights != nullptr) take_weights(lane, weights + i * num_weights);
        const uint8_t known = decoding ? uint8_t{0} : data[i];
        const uint8_t byte = lane.with_network ? code_byte<true>(tables, lane, coder, known)
                                               : code_byte<false>(tables, lane, coder, known);
        if constexpr (decoding) data[i] = byte;
        if (coder.is_spent()) return false;
    }
    return true;
}

void learn(Tables& tables, Lane& lane, const uint8_t* data, size_t num_bytes) {
    coding::NoCoder coder;
    code_bytes(tables, lane, coder, nullptr, data, num_bytes);
}

bool encode(Tables& tables, Lane& lane, coding::Encoder& coder, const int32_t* weights,
            const uint8_t* data, size_t num_bytes) {
    return code_bytes(tables, lane, coder, weights, data, num_bytes);
}

bool decode(Tables& tables, Lane& lane, coding::Decoder& coder, const int32_t* weights,
            uint8_t* data, size_t num_bytes) {
    return code_bytes(tables, lane, coder, weights, data, num_bytes);
}

}  // namespace

}  // namespace neurocomp::mix
