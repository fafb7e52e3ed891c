// Causal attention of integer queries over an integer cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/dots_impl.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

// Puts values (lanes * steps, heads * width) at `start` of a cache.
void store_heads(Matrix<const int32_t> values, size_t start, const Cache<int16_t>& cache) {
    const size_t num_steps = values.num_rows / cache.num_lanes;
    for (size_t m = 0; m < values.num_rows; ++m) {
        for (size_t head = 0; head < cache.num_heads; ++head) {
            const int32_t* const from = values.row(m) + head * cache.width;
            const size_t position = start + m % num_steps;
            int16_t* const to = cache.at(m / num_steps, head) + position * cache.width;
            for (size_t i = 0; i < cache.width; ++i) {
                to[i] = static_cast<int16_t>(clamp(from[i], key_limit));
            }
        }
    }
}

NEUROCOMP_INLINE RowScale quantise_query(const int32_t* values, size_t width, int64_t limit,
                                         int16_t* out) {
    constexpr int64_t half = int64_t{1} << (reciprocal_bits - 1);
    int32_t highest = 0, lowest = 0;
    for (size_t i = 0; i < width; ++i) {
        highest = larger(highest, values[i]);
        lowest = smaller(lowest, values[i]);
    }
    const RowScale scale = row_scale(larger(int64_t{highest}, -int64_t{lowest}));
    const int64_t reciprocal = (limit << reciprocal_bits) / (scale.mantissa << scale.exponent);
    for (size_t i = 0; i < width; ++i) {
        out[i] = static_cast<int16_t>((int64_t{values[i]} * reciprocal + half) >> reciprocal_bits);
    }
    return scale;
}

// Writes the products of a query with the keys that are seen; returns the largest.
NEUROCOMP_INLINE int32_t write_scores(const int16_t* query, const int16_t* keys, size_t width,
                                      const int32_t* seen, size_t length, int32_t* out) {
    constexpr size_t group = 4;
    int32_t best = INT32_MIN;
    size_t t = 0;
    const int16_t* const left[1] = {query};
    for (; t + group <= length; t += group) {
        const int16_t* right[group];
        for (size_t j = 0; j < group; ++j) {
            right[j] = keys + (seen != nullptr ? static_cast<size_t>(seen[t + j]) : t + j) * width;
        }
        int32_t products[1][group];
        dot_products(left, right, width, products);
        for (size_t j = 0; j < group; ++j) {
            out[t + j] = products[0][j];
            best = larger(best, products[0][j]);
        }
    }
    for (; t < length; ++t) {
        const size_t position = seen != nullptr ? static_cast<size_t>(seen[t]) : t;
        const int16_t* const right[1] = {keys + position * width};
        int32_t products[1][1];
        dot_products(left, right, width, products);
        out[t] = products[0][0];
        best = larger(best, products[0][0]);
    }
    return best;
}

// Replaces scores by weights that sum to about 32,767.
NEUROCOMP_INLINE void write_weights(int32_t* scores, size_t length, int32_t best, uint32_t factor,
                                    int64_t shift, const int32_t* exp2) {
    const auto bits = static_cast<int>(larger(int64_t{1}, smaller(shift, int64_t{max_shift})));
    const uint64_t half = uint64_t{1} << (bits - 1);
    // Beyond, weights are nothing: entries of the table are below 2**31.
    constexpr uint64_t farthest = uint64_t{attention_weight_bits + 1} << exp2_bits;
    for (size_t t = 0; t < length; ++t) {
        const uint32_t behind = static_cast<uint32_t>(best) - static_cast<uint32_t>(scores[t]);
        const uint64_t scaled = (uint64_t{behind} * uint64_t{factor} + half) >> bits;
        scores[t] = static_cast<int32_t>(smaller(scaled, farthest));
    }
    int64_t total = 0;
    for (size_t t = 0; t < length; ++t) {
        auto distance = static_cast<uint32_t>(scores[t]);
        NEUROCOMP_ONE_BY_ONE(distance);
        constexpr uint32_t excess = exp2_table_bits - attention_weight_bits;
        const int32_t weight =
            exp2[distance & (exp2_size - 1)] >> ((distance >> exp2_bits) + excess);
        scores[t] = weight;
        total += weight;
    }
    const int64_t reciprocal = (attention_one << share_bits) / larger(total, int64_t{1});
    for (size_t t = 0; t < length; ++t) {
        const int64_t share = multiply(scores[t], reciprocal);
        scores[t] = narrow(add(share, half_of(share_bits)) >> share_bits);
    }
}

// Keeps what is not zero; returns how much that is.
NEUROCOMP_INLINE size_t choose(const int32_t* weights, const int32_t* seen, size_t length,
                               Share* out) {
    constexpr size_t group = 8;
    size_t number = 0;
    const auto take = [&](size_t t) {
        out[number] = {seen != nullptr ? static_cast<uint32_t>(seen[t]) : static_cast<uint32_t>(t),
                       weights[t]};
        number += weights[t] != 0 ? 1 : 0;
    };
    size_t t = 0;
    for (; t + group <= length; t += group) {
        // Most are too far behind to count.
        int32_t any = 0;
        for (size_t j = 0; j < group; ++j) any |= weights[t + j];
        if (any == 0) continue;
        for (size_t j = 0; j < group; ++j) take(t + j);
    }
    for (; t < length; ++t) take(t);
    return number;
}

#ifdef __AVX2__

// The sum of 16 * num_blocks columns of the values, times weights: pairs of positions are
// interleaved, so that one instruction multiplies and adds both.
template <size_t num_blocks>
NEUROCOMP_INLINE void mix_columns(const Share* shares, size_t number, const int16_t* values,
                                  size_t width, int32_t* out) {
    __m256i sums[num_blocks][2];
    for (auto& one : sums) one[0] = one[1] = _mm256_setzero_si256();
    for (size_t t = 0; t < number; t += 2) {
        const Share first = shares[t];
        const Share second = t + 1 < number ? shares[t + 1] : Share{first.position, 0};
        const uint32_t both = (static_cast<uint32_t>(first.weight) & 0xFFFF) |
                              static_cast<uint32_t>(second.weight) << 16;
        const __m256i weights = _mm256_set1_epi32(static_cast<int32_t>(both));
        const int16_t* const upper = values + first.position * width;
        const int16_t* const lower = values + second.position * width;
        for (size_t b = 0; b < num_blocks; ++b) {
            const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(upper + 16 * b));
            const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lower + 16 * b));
            const __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), weights);
            const __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), weights);
            sums[b][0] = _mm256_add_epi32(sums[b][0], low);
            sums[b][1] = _mm256_add_epi32(sums[b][1], high);
        }
    }
    for (size_t b = 0; b < num_blocks; ++b) {
        auto* const target = reinterpret_cast<__m256i*>(out + 16 * b);
        const __m256i left = _mm256_permute2x128_si256(sums[b][0], sums[b][1], 0x20);
        const __m256i right = _mm256_permute2x128_si256(sums[b][0], sums[b][1], 0x31);
        _mm256_storeu_si256(target, left);
        _mm256_storeu_si256(target + 1, right);
    }
}

#endif

// Writes the sum of the chosen positions' values (width,) times their weights.
NEUROCOMP_INLINE void mix_values(const Share* shares, size_t number, const int16_t* values,
                                 size_t width, int32_t* out) {
    size_t done = 0;
#ifdef __AVX2__
    for (; done + 64 <= width; done += 64) {
        mix_columns<4>(shares, number, values + done, width, out + done);
    }
    for (; done + 16 <= width; done += 16) {
        mix_columns<1>(shares, number, values + done, width, out + done);
    }
#endif
    for (size_t i = done; i < width; ++i) out[i] = 0;
    if (done == width) return;
    for (size_t t = 0; t < number; ++t) {
        const int16_t* const row = values + shares[t].position * width;
        const int32_t weight = shares[t].weight;
        for (size_t i = done; i < width; ++i) out[i] = wrapping_add(out[i], weight * row[i]);
    }
}

// Writes attention's outputs (lanes * steps, heads * width) for queries of that shape.
//
// The caches hold the steps from `start` on already; a step sees those up to its own, or what
// `sight` says.  `scratch` has room for `width` numbers of 16 bits, and for a score and a share of
// each position.
void attend(Matrix<const int32_t> queries, const Cache<const int16_t>& keys,
            const Cache<const int16_t>& values, size_t start, const AttentionScale& scale,
            const int32_t* exp2, const Sight* sight, const AttentionScratch& scratch,
            Matrix<int32_t> out) {
    const size_t width = keys.width;
    const size_t num_steps = queries.num_rows / keys.num_lanes;
    const size_t num_heads = queries.num_columns / width;
    const size_t group = num_heads / keys.num_heads;
    for (size_t m = 0; m < queries.num_rows; ++m) {
        const size_t lane = m / num_steps;
        const size_t step = start + m % num_steps;
        const int32_t* seen = nullptr;
        size_t length = step + 1;
        if (sight != nullptr) {
            seen = sight->positions + sight->bounds[step];
            length = static_cast<size_t>(sight->bounds[step + 1] - sight->bounds[step]);
        }
        for (size_t head = 0; head < num_heads; ++head) {
            const int16_t* const head_keys = keys.at(lane, head / group);
            const int16_t* const head_values = values.at(lane, head / group);
            const RowScale found = quantise_query(queries.row(m) + head * width, width,
                                                  scale.query_limit, scratch.query);
            const int32_t best =
                write_scores(scratch.query, head_keys, width, seen, length, scratch.scores);
            write_weights(scratch.scores, length, best,
                          static_cast<uint32_t>(found.mantissa * scale.multiplier),
                          scale.shift - found.exponent, exp2);
            const size_t number = choose(scratch.scores, seen, length, scratch.shares);
            mix_values(scratch.shares, number, head_values, width, out.row(m) + head * width);
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
