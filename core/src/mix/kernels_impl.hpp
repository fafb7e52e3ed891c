// The mixture as its callers see it: bytes and their bits.  Included once by each source that
// compiles the kernels for a kind of processor.
#pragma once

#include "mix/bits_impl.hpp"
#include "mix/kernels.hpp"

namespace neurocomp::mix {

namespace {

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
