// What window_impl.hpp computes, over keys and values in strips: many queries read each once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exact/kernels.hpp"
#include "exact/packed_factors_impl.hpp"
#include "exact/packed_impl.hpp"
#include "exact/scaling.hpp"
#include "exact/strips_impl.hpp"
#include "exact/window_queries_impl.hpp"

namespace neurocomp::exact {

namespace {

// Quantises a vector of a head to bytes; returns its scale.
NEUROCOMP_INLINE int64_t quantise_bytes(const int32_t* from, size_t width, int8_t* to) {
    constexpr int64_t half = int64_t{1} << (reciprocal_bits - 1);
    int32_t largest = 0;
    for (size_t i = 0; i < width; ++i) {
        largest = larger(largest, magnitude(clamp(from[i], key_limit)));
    }
    const int64_t scale = int64_t{largest} + 1;
    const int64_t reciprocal = (byte_limit << reciprocal_bits) / scale;
    for (size_t i = 0; i < width; ++i) {
        const int64_t value = clamp(from[i], key_limit);
        to[i] = static_cast<int8_t>((value * reciprocal + half) >> reciprocal_bits);
    }
    return scale;
}

inline constexpr size_t max_head_width = 1024;

// Keeps keys and values (lanes * steps, heads * width), rows `first` up to `last` of them, of the
// steps from `start` on.
void store_packed(Matrix<const int32_t> keys, Matrix<const int32_t> values, size_t first,
                  size_t last, size_t start, const Window& window, const PackedCache& cache) {
    const size_t num_steps = keys.num_rows / cache.num_lanes;
    const size_t width = cache.width;
    int8_t bytes[max_head_width + group_inputs];
    for (size_t m = first; m < last; ++m) {
        const size_t lane = m / num_steps;
        const size_t slot = window.slot(start + m % num_steps);
        for (size_t head = 0; head < cache.num_heads; ++head) {
            const size_t place = cache.place(lane, head) + slot;
            const int64_t key_scale = quantise_bytes(keys.row(m) + head * width, width, bytes);
            cache.key_scales[place] = static_cast<uint16_t>(key_scale);
            uint8_t* const key = cache.keys_at(lane, head) +
                                 slot / strip_outputs * cache.num_groups * group_bytes +
                                 slot % strip_outputs * group_inputs;
            for (size_t i = 0; i < width; ++i) {
                key[i / group_inputs * group_bytes + i % group_inputs] =
                    static_cast<uint8_t>(bytes[i] + 128);
            }
            const int64_t value_scale = quantise_bytes(values.row(m) + head * width, width, bytes);
            cache.value_scales[place] = static_cast<uint16_t>(value_scale);
            int8_t* const value = cache.values_at(lane, head) + slot / group_inputs * group_bytes +
                                  slot % group_inputs;
            const size_t strip_bytes = cache.num_slots * strip_outputs;
            for (size_t i = 0; i < width; ++i) {
                value[i / strip_outputs * strip_bytes + i % strip_outputs * group_inputs] =
                    bytes[i];
            }
        }
    }
}

// Fills what lies between the stretches that a position sees, up to `count` slots.
NEUROCOMP_INLINE void hide_others(int32_t* scores, const Stretch (&visible)[3],
                                  size_t num_stretches, size_t count, int32_t hidden) {
    // The third stretch, where there is one, lies between the sinks and the second.
    Stretch order[3] = {visible[0], visible[1], visible[2]};
    if (num_stretches == 3) {
        order[1] = visible[2];
        order[2] = visible[1];
    }
    size_t at = 0;
    for (size_t s = 0; s < num_stretches; ++s) {
        for (; at < order[s].first; ++at) scores[at] = hidden;
        at = order[s].first + order[s].length;
    }
    for (; at < count; ++at) scores[at] = hidden;
}

// Makes of the scores of a query's slots factors of the values; returns what brings sums of these
// back.
NEUROCOMP_INLINE Mix write_factors(int32_t* scores, const uint16_t* scales,
                                   const Stretch (&visible)[3], size_t num_stretches, size_t count,
                                   const PackedQuery& query, const int32_t* exp2, size_t plane,
                                   uint8_t* factors) {
    hide_others(scores, visible, num_stretches, count, INT32_MIN);
    int32_t best = INT32_MIN;
    for (size_t t = 0; t < count; ++t) best = larger(best, scores[t]);
    weigh_scores(scores, count, best, query, exp2);
    hide_others(scores, visible, num_stretches, count, 0);
    const Totals totals = sum_weights(scores, scales, count);
    const int excess = larger(bit_length(static_cast<uint64_t>(totals.highest)) - mix_bits,
                              bit_length(static_cast<uint64_t>(totals.products)) - mix_total_bits);
    const int off = larger(excess, 0);
    write_scaled(scores, scales, count, off, plane, factors);
    const int64_t divisor = byte_limit * larger(totals.weights, int64_t{1});
    return {(attention_one << mix_share_bits) / divisor, mix_share_bits - off};
}

// Writes attention's outputs for a block of queries, rotated by their positions, and `far_queries`,
// rotated for the sinks.  The cache holds the steps already.
void attend_packed(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                   const PackedCache& cache, const QueryBlock& block, size_t start,
                   const Window& window, const AttentionScale& scale, const int32_t* exp2,
                   const PackedScratch& scratch, Matrix<int32_t> out) {
    const size_t width = cache.width;
    const size_t padded = cache.num_groups * group_inputs;
    const size_t num_steps = queries.num_rows / cache.num_lanes;
    const size_t group = queries.num_columns / width / cache.num_heads;
    const size_t num_rows = block.num_steps * block.num_queries;
    const size_t end = start + block.first_step + block.num_steps;  // of the positions
    const size_t num_used = end <= window.num_slots ? end : window.num_slots;
    const size_t num_strips = (num_used + strip_outputs - 1) / strip_outputs;
    const size_t count = num_strips * strip_outputs;
    const size_t row_bytes = 2 * padded;
    uint8_t* const far_rows = scratch.rows + num_rows * row_bytes;
    int32_t* const far_sums = scratch.sums + num_rows;
    RowScale scales[most_block_queries];
    // Rows of the same query lie side by side: what they look at is alike.
    const auto place_of = [&](size_t row) {
        const size_t head = block.head * group + block.first_query + row / block.num_steps;
        return head * width;
    };
    const auto step_of = [&](size_t row) { return block.first_step + row % block.num_steps; };
    const auto number_of = [&](size_t row) { return block.lane * num_steps + step_of(row); };
    for (size_t row = 0; row < num_rows; ++row) {
        const size_t number = number_of(row), at = place_of(row);
        int16_t* const near = scratch.queries;
        int16_t* const far = scratch.queries + padded;
        scales[row] = quantise_queries(queries.row(number) + at, far_queries.row(number) + at,
                                       width, scale.query_limit, near, far);
        for (size_t k = width; k < padded; ++k) near[k] = far[k] = 0;
        const auto stride = static_cast<ptrdiff_t>(padded);
        const PackedRows packed = {scratch.rows, row_bytes, scratch.sums, nullptr, nullptr, 0};
        pack_rows({near, 1, padded, stride}, true, row, packed);
        pack_rows({far, 1, padded, stride}, true, num_rows + row, packed);
    }
    const uint8_t* const keys = cache.keys_at(block.lane, block.head);
    const size_t place = cache.place(block.lane, block.head);
    const size_t stride = cache.num_slots;
    for (size_t strip = 0; strip < num_strips; ++strip) {
        int32_t* const scores = scratch.scores + strip * strip_outputs;
        // NOLINTNEXTLINE(readability-suspicious-call-argument): of inputs, then of outputs
        multiply_strip<Strip::biased>(scratch.rows, row_bytes, padded, true,
                                      keys + strip * cache.num_groups * group_bytes,
                                      cache.num_groups, num_rows, scores, stride);
    }
    for (size_t row = 0; row < num_rows; ++row) {
        scale_scores(scratch.scores + row * stride, bias_of(scratch.sums[row]),
                     cache.key_scales + place, count);
    }
    for (size_t first = 0; first < window.num_sinks; first += strip_outputs) {
        multiply_strip<Strip::biased>(far_rows, row_bytes, padded, true,
                                      keys + first * cache.num_groups * group_inputs,
                                      cache.num_groups, num_rows, scratch.mixed, strip_outputs);
        const size_t seen = smaller(strip_outputs, window.num_sinks - first);
        for (size_t row = 0; row < num_rows; ++row) {
            int32_t* const sums = scratch.mixed + row * strip_outputs;
            scale_scores(sums, bias_of(far_sums[row]), cache.key_scales + place + first,
                         strip_outputs);
            int32_t* const scores = scratch.scores + row * stride + first;
            for (size_t t = 0; t < seen; ++t) scores[t] = sums[t];
        }
    }
    const auto* const values =
        reinterpret_cast<const uint8_t*>(cache.values_at(block.lane, block.head));
    const size_t value_bytes = cache.num_strips * cache.num_slots * strip_outputs;
    constexpr size_t enough_rows = 8;  // to ask for all values meanwhile
    Mix mixes[most_block_queries];
    for (size_t row = 0; row < num_rows; ++row) {
        if (num_rows >= enough_rows) {
            const size_t last = value_bytes * (row + 1) / num_rows;
            for (size_t at = value_bytes * row / num_rows; at < last; at += 64) {
                NEUROCOMP_FETCH_TO_SECOND_CACHE(values + at);
            }
        }
        Stretch visible[3] = {};
        const size_t num_stretches = find_visible(window, start + step_of(row), visible);
        const int64_t shift = scale.shift - scales[row].exponent;
        const PackedQuery query = {
            static_cast<uint32_t>(scales[row].mantissa * scale.multiplier),
            static_cast<int>(larger(int64_t{1}, smaller(shift, int64_t{max_shift})))};
        int32_t* const scores = scratch.scores + row * stride;
        mixes[row] = write_factors(scores, cache.value_scales + place, visible, num_stretches,
                                   count, query, exp2, stride, scratch.factors + row * 2 * stride);
    }
    const FactorProducts products(scratch.factors, stride, num_rows, count / group_inputs,
                                  scratch.scores);
    for (size_t strip = 0; strip < cache.num_strips; ++strip) {
        products.write(values + strip * cache.num_slots * strip_outputs, scratch.mixed);
        const size_t base = strip * strip_outputs;
        const size_t taken = smaller(strip_outputs, width - base);
        for (size_t row = 0; row < num_rows; ++row) {
            const int32_t* const sums = scratch.mixed + row * strip_outputs;
            int32_t* const to = out.row(number_of(row)) + place_of(row) + base;
            for (size_t k = 0; k < taken; ++k) {
                to[k] = narrow(scale_sum(sums[k], mixes[row].reciprocal, mixes[row].shift));
            }
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
