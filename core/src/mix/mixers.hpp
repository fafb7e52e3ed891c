// Gated linear mixing of log odds, in two layers.  Included by kernels.hpp only.
//
// Each set of weights has many rows, one of which is chosen by what is known (the bits so far, the
// last byte, the length of the match, ...); every chosen row predicts the bit by itself and is
// trained by its own error.  Final mixers, of which each chooses a row in the same way, mix the
// sets; their mean is the result.  (Mattern, "Mixing strategies in data compression", 2012.)
//
// Bounds: |input| < 2**11 and |weight| < 2**19, so a product fits 31 bits, and the sum of them, each
// shifted right by 8, another 31.  In training |error| < 2**15 (rate < 2**9), so that
// |input * error| < 2**26, and both of its factors fit 16 bits, the first one doubled too.
#pragma once

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "mix/contexts.hpp"

namespace neurocomp::mix {

namespace {

constexpr int32_t weight_limit = (1 << 19) - 1;
constexpr int64_t final_weight_limit = 1 << 20;
constexpr int32_t ignored_error = 20;  // well predicted bits are many and teach little
constexpr uint32_t long_match = 8;     // of match_length: 14 bytes and more

// Chooses the rows of the sets and of the final mixers.
template <bool with_network>
NEUROCOMP_INLINE void choose_rows(const Tables& tables, Lane& lane) {
    const uint32_t last = byte_at(tables, lane.position - 1);
    const uint32_t match_kind = lane.match_length == 0 ? 0 : lane.match_length < long_match ? 1 : 2;
    const uint32_t place = lane.profile == Profile::text
                               ? lane.classes & 0x1FF
                               : static_cast<uint32_t>(record_column(lane));
    lane.rows[0] = first_row[0] + 256 * match_kind + lane.partial;
    lane.rows[1] = first_row[1] + last;
    lane.rows[2] = first_row[2] + 16 * lane.num_bits + lane.match_length;
    lane.rows[3] = first_row[3] + byte_at(tables, lane.position - 2);
    lane.rows[4] = first_row[4] + 8 * lane.num_bits + lane.order;
    lane.rows[5] = first_row[5] + place;
    lane.final_rows[0] = first_final_row[0] + lane.partial;
    if (with_network && lane.foreseen > 0) {  // how sure it is, in 16 steps
        const int32_t sure = smaller(magnitude(lane.inputs[network_source]) >> 7, 15);
        const uint32_t row = 16 * lane.num_bits + static_cast<uint32_t>(sure);
        lane.rows[network_set] = first_row[network_set] + row;
        lane.final_rows[1] = first_final_row[1] + row;
        lane.final_rows[2] = first_final_row[2] + last;
    }
}

#ifdef __AVX2__

NEUROCOMP_INLINE __m256i load(const int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
NEUROCOMP_INLINE void store(int32_t* to, __m256i values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values);
}

// The sum of inputs times a row of weights, each product shifted right by 8.
NEUROCOMP_INLINE int32_t weighted_sum(const int32_t* inputs, const int32_t* weights) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < num_inputs; i += 8) {
        const __m256i product = _mm256_mullo_epi32(load(inputs + i), load(weights + i));
        sum = _mm256_add_epi32(sum, _mm256_srai_epi32(product, 8));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return _mm_cvtsi128_si32(half);
}

// Inputs, doubled, in 16 bits each; in the order in which they are unpacked.
struct DoubledInputs {
    __m256i parts[num_inputs / 16];

    explicit NEUROCOMP_INLINE DoubledInputs(const int32_t* inputs) {
        for (size_t i = 0; i < num_inputs / 16; ++i) {
            const __m256i low = _mm256_slli_epi32(load(inputs + 16 * i), 1);
            const __m256i high = _mm256_slli_epi32(load(inputs + 16 * i + 8), 1);
            parts[i] = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
        }
    }
};

// Moves a row of weights by (input * error + 2**13) >> 14, which is what the rounding product of
// 16-bit numbers makes of the doubled input.
NEUROCOMP_INLINE void train_row(const DoubledInputs& inputs, int32_t error, int32_t* weights) {
    const __m256i factor = _mm256_set1_epi16(static_cast<int16_t>(error));
    const __m256i most = _mm256_set1_epi32(weight_limit);
    const __m256i least = _mm256_set1_epi32(-weight_limit);
    for (size_t i = 0; i < num_inputs / 16; ++i) {
        const __m256i steps = _mm256_mulhrs_epi16(inputs.parts[i], factor);
        int32_t* const row = weights + 16 * i;
        const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(steps));
        const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(steps, 1));
        const __m256i one = _mm256_add_epi32(load(row), low);
        const __m256i two = _mm256_add_epi32(load(row + 8), high);
        store(row, _mm256_max_epi32(_mm256_min_epi32(one, most), least));
        store(row + 8, _mm256_max_epi32(_mm256_min_epi32(two, most), least));
    }
}

#else

NEUROCOMP_INLINE int32_t weighted_sum(const int32_t* inputs, const int32_t* weights) {
    int32_t sum = 0;
    for (int i = 0; i < num_inputs; ++i) sum += (inputs[i] * weights[i]) >> 8;
    return sum;
}

struct DoubledInputs {
    const int32_t* inputs;

    explicit NEUROCOMP_INLINE DoubledInputs(const int32_t* from) : inputs(from) {}
};

NEUROCOMP_INLINE void train_row(const DoubledInputs& doubled, int32_t error,
                                int32_t* NEUROCOMP_RESTRICT weights) {
    const int32_t* NEUROCOMP_RESTRICT inputs = doubled.inputs;
    for (int i = 0; i < num_inputs; ++i) {
        const int32_t step = (inputs[i] * error + (1 << 13)) >> 14;
        weights[i] = clamp(weights[i] + step, weight_limit);
    }
}

#endif

// The log odds of a one, from the inputs.
template <bool with_network>
NEUROCOMP_INLINE int32_t mix(const Tables& tables, Lane& lane) {
    constexpr int sets = with_network ? num_sets : network_set;
    constexpr int finals = with_network ? num_finals : 1;
    const int32_t* const squash = tables.constants.squash + squash_limit;
    for (int s = 0; s < sets; ++s) {
        const int32_t* const row = tables.weights.data() + size_t{lane.rows[s]} * num_inputs;
        const int32_t log_odds = clamp(weighted_sum(lane.inputs, row) >> 8, stretch_limit);
        lane.outputs[s] = log_odds;
        lane.probabilities[s] = squash[log_odds];
    }
    int64_t total = 0;
    for (int f = 0; f < finals; ++f) {
        const int32_t* const row =
            tables.final_weights.data() + size_t{lane.final_rows[f]} * final_width;
        int64_t sum = 0;
        for (int s = 0; s < sets; ++s) sum += int64_t{lane.outputs[s]} * row[s];
        lane.finals[f] = static_cast<int32_t>(clamp<int64_t>(sum >> 16, squash_limit));
        total += lane.finals[f];
    }
    return static_cast<int32_t>(floor_divide(total, finals));
}

// Moves every chosen row along the gradient of its own code length.
template <bool with_network>
NEUROCOMP_INLINE void train_mixers(Tables& tables, const Lane& lane, int bit) {
    constexpr int sets = with_network ? num_sets : network_set;
    constexpr int finals = with_network ? num_finals : 1;
    const int shift = lane.pace.final_shift;
    const int32_t* const squash = tables.constants.squash + squash_limit;
    const int32_t target = bit << 16;
    const DoubledInputs inputs(lane.inputs);
    for (int s = 0; s < sets; ++s) {
        const int32_t error = ((target - lane.probabilities[s]) * lane.rate) >> 10;
        if (magnitude(error) > ignored_error) {
            train_row(inputs, error, tables.weights.data() + size_t{lane.rows[s]} * num_inputs);
        }
    }
    for (int f = 0; f < finals; ++f) {
        int32_t* const row = tables.final_weights.data() + size_t{lane.final_rows[f]} * final_width;
        const int64_t error = int64_t{target - squash[lane.finals[f]]} * finals;
        for (int s = 0; s < sets; ++s) {
            const int64_t change = (lane.outputs[s] * error + half_of(shift)) >> shift;
            row[s] = static_cast<int32_t>(clamp(row[s] + change, final_weight_limit));
        }
    }
}

// Sets the rate of learning for the next byte: high at first, falling with the bytes seen.
NEUROCOMP_INLINE void set_rate(Lane& lane) {
    const int64_t num_seen = (lane.position - lane.start) * lane.num_lanes + 8192;
    lane.rate =
        static_cast<int32_t>(lane.pace.least_rate + lane.pace.more_rate * int64_t{4096} / num_seen);
}

}  // namespace

}  // namespace neurocomp::mix
