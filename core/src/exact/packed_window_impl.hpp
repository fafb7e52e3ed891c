// What window_impl.hpp computes, over keys and values in strips: many queries read each once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exact/kernels.hpp"
#include "exact/packed_impl.hpp"
#include "exact/scaling.hpp"
#include "exact/strips_impl.hpp"
#include "exact/window_impl.hpp"

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
inline constexpr size_t most_block_queries = 64;

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

// A query that shares keys with others.
struct PackedQuery {
    uint32_t factor;
    int shift;
};

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

// Products of 32-bit numbers that are not negative, the even ones and the odd ones.
struct Products {
    __m512i even, odd;
    NEUROCOMP_INLINE Products(__m512i a, __m512i b)
        : even(_mm512_mul_epu32(a, b)),
          odd(_mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32))) {}
};

// (product + half) >> bits, at most `most`: 32 bits each.
NEUROCOMP_INLINE __m512i shifted(const Products& products, __m512i half, __m128i bits,
                                 __m512i most) {
    const auto one = [&](__m512i product) {
        return _mm512_min_epu64(_mm512_srl_epi64(_mm512_add_epi64(product, half), bits), most);
    };
    return _mm512_or_si512(one(products.even), _mm512_slli_epi64(one(products.odd), 32));
}

NEUROCOMP_INLINE __m512i load_scales(const uint16_t* from) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// Replaces `sums` of products by scores of `count` slots, a multiple of 16.
NEUROCOMP_INLINE void scale_scores(int32_t* sums, int32_t bias, const uint16_t* scales,
                                   size_t count) {
    const __m512i bias_of_all = _mm512_set1_epi32(bias);
    const __m512i half = _mm512_set1_epi64(half_of(score_shift));
    for (size_t t = 0; t < count; t += 16) {
        const __m512i some = _mm512_sub_epi32(_mm512_loadu_si512(sums + t), bias_of_all);
        const __m512i factors = load_scales(scales + t);
        const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(some, factors), half);
        const __m512i odd = _mm512_add_epi64(
            _mm512_mul_epi32(_mm512_srli_epi64(some, 32), _mm512_srli_epi64(factors, 32)), half);
        _mm512_storeu_si512(sums + t,
                            _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, score_shift),
                                                    _mm512_slli_epi64(odd, 32 - score_shift)));
    }
}

// Replaces scores by weights, which are at most 2**22.
NEUROCOMP_INLINE void weigh_scores(int32_t* scores, size_t count, int32_t best,
                                   const PackedQuery& query, const int32_t* exp2) {
    constexpr int64_t farthest = int64_t{attention_weight_bits + 1} << exp2_bits;
    const __m512i half = _mm512_set1_epi64(int64_t{1} << (query.shift - 1));
    const __m128i bits = _mm_cvtsi32_si128(query.shift);
    const __m512i most = _mm512_set1_epi64(farthest);
    const __m512i largest = _mm512_set1_epi32(best);
    const __m512i factor = _mm512_set1_epi32(static_cast<int32_t>(query.factor));
    for (size_t t = 0; t < count; t += 16) {
        const __m512i behind = _mm512_sub_epi32(largest, _mm512_loadu_si512(scores + t));
        const __m512i distance = shifted(Products(behind, factor), half, bits, most);
        const __m512i place = _mm512_and_si512(distance, _mm512_set1_epi32(exp2_size - 1));
        const __mmask16 counts =
            _mm512_cmplt_epu32_mask(distance, _mm512_set1_epi32(static_cast<int32_t>(farthest)));
        if (counts == 0) {
            _mm512_storeu_si512(scores + t, _mm512_setzero_si512());
            continue;
        }
        const __m512i found =
            _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), counts, place, exp2, 4);
        const __m512i octaves =
            _mm512_add_epi32(_mm512_srli_epi32(distance, exp2_bits),
                             _mm512_set1_epi32(exp2_table_bits - attention_weight_bits));
        _mm512_storeu_si512(scores + t, _mm512_srlv_epi32(found, octaves));
    }
}

struct Totals {
    int64_t weights, products, highest;
};

NEUROCOMP_INLINE Totals sum_weights(const int32_t* weights, const uint16_t* scales, size_t count) {
    __m512i sum = _mm512_setzero_si512(), total = sum, highest = sum;
    const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
    for (size_t t = 0; t < count; t += 16) {
        const __m512i some = _mm512_loadu_si512(weights + t);
        const Products products(some, load_scales(scales + t));
        sum = _mm512_add_epi64(sum, _mm512_and_si512(some, low));
        sum = _mm512_add_epi64(sum, _mm512_srli_epi64(some, 32));
        total = _mm512_add_epi64(total, _mm512_add_epi64(products.even, products.odd));
        highest = _mm512_max_epi64(highest, _mm512_max_epi64(products.even, products.odd));
    }
    return {_mm512_reduce_add_epi64(sum), _mm512_reduce_add_epi64(total),
            _mm512_reduce_max_epi64(highest)};
}

// Writes factors of 0 to 32,767: low bytes, and high ones `plane` bytes after them.
NEUROCOMP_INLINE void write_scaled(const int32_t* weights, const uint16_t* scales, size_t count,
                                   int off, size_t plane, uint8_t* to) {
    const __m512i half = _mm512_set1_epi64(half_of(off));
    const __m128i bits = _mm_cvtsi32_si128(off);
    const __m512i most = _mm512_set1_epi64((int64_t{1} << mix_bits) - 1);
    const auto store = [](__m512i numbers, uint8_t* bytes) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes), _mm512_cvtepi32_epi8(numbers));
    };
    for (size_t t = 0; t < count; t += 16) {
        const Products products(_mm512_loadu_si512(weights + t), load_scales(scales + t));
        const __m512i factors = shifted(products, half, bits, most);
        store(factors, to + t);
        store(_mm512_srli_epi32(factors, 8), to + plane + t);
    }
}

// Products of a block's factors with strips of values.  High bytes are mostly zero: they are
// multiplied where one of the rows that share a reading of the values has any.
class FactorProducts {
   public:
    // Factors (rows, 2, plane) of so many groups of slots; `room` for lists, `plane` for each row.
    NEUROCOMP_INLINE FactorProducts(const uint8_t* factors, size_t plane, size_t num_rows,
                                    size_t num_groups, int32_t* room)
        : factors_(factors),
          plane_(plane),
          num_rows_(num_rows),
          num_groups_(num_groups),
          lists_(room) {
        each_block([&](auto number, size_t row) NEUROCOMP_INLINED { list_groups<number>(row); });
    }

    NEUROCOMP_INLINE void write(const uint8_t* strip, int32_t* out) const {
        multiply_strip<Strip::plain>(factors_, 2 * plane_, plane_, false, strip, num_groups_,
                                     num_rows_, out, strip_outputs);
        each_block([&](auto number, size_t row) NEUROCOMP_INLINED {
            Strips::add_listed<Strip::plain, number>(high_bytes(row), 2 * plane_, strip,
                                                     lists_ + row * plane_, num_listed_[row],
                                                     out + row * strip_outputs, strip_outputs);
        });
    }

   private:
    NEUROCOMP_INLINE const uint8_t* high_bytes(size_t row) const {
        return factors_ + (2 * row + 1) * plane_;
    }

    // Calls work(std::integral_constant<size_t, rows>, first) for blocks of rows.
    template <typename Work>
    NEUROCOMP_INLINE void each_block(const Work& work) const {
        size_t row = 0;
        const auto take = [&](auto number) NEUROCOMP_INLINED {
            for (; row + number <= num_rows_; row += number) work(number, row);
        };
        take(std::integral_constant<size_t, 12>());
        take(std::integral_constant<size_t, 6>());
        take(std::integral_constant<size_t, 3>());
        take(std::integral_constant<size_t, 1>());
    }

    template <size_t number>
    NEUROCOMP_INLINE void list_groups(size_t row) {
        int32_t* const list = lists_ + row * plane_;
        const uint8_t* const from = high_bytes(row);
        size_t num_listed = 0;
        __m512i groups = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        for (size_t g = 0; g < num_groups_; g += 16) {
            const size_t left = num_groups_ - g;
            const auto there = static_cast<__mmask16>(left < 16 ? (1U << left) - 1 : 0xFFFFU);
            __m512i any = _mm512_setzero_si512();
            for_each<number>([&](auto m) NEUROCOMP_INLINED {
                const uint8_t* const four = from + m * 2 * plane_ + g * group_inputs;
                any = _mm512_or_si512(any, _mm512_maskz_loadu_epi32(there, four));
            });
            const __mmask16 wanted = _mm512_test_epi32_mask(any, any);
            // Of the 16 that are written, those that count; there is room for more than a fourth.
            _mm512_storeu_si512(list + num_listed, _mm512_maskz_compress_epi32(wanted, groups));
            num_listed += static_cast<size_t>(std::popcount(static_cast<uint32_t>(wanted)));
            groups = _mm512_add_epi32(groups, _mm512_set1_epi32(16));
        }
        num_listed_[row] = num_listed;
    }

    const uint8_t* factors_;
    size_t plane_;
    size_t num_rows_;
    size_t num_groups_;
    int32_t* lists_;
    size_t num_listed_[most_block_queries];
};

#else

// Replaces `sums` of products by scores of `count` slots.
NEUROCOMP_INLINE void scale_scores(int32_t* sums, int32_t bias, const uint16_t* scales,
                                   size_t count) {
    for (size_t t = 0; t < count; ++t) {
        const int64_t sum = wrapping_subtract(sums[t], bias);
        const int64_t scaled = sum * int64_t{scales[t]};
        sums[t] = narrow((scaled + half_of(score_shift)) >> score_shift);
    }
}

NEUROCOMP_INLINE void weigh_scores(int32_t* scores, size_t count, int32_t best,
                                   const PackedQuery& query, const int32_t* exp2) {
    constexpr uint64_t farthest = uint64_t{attention_weight_bits + 1} << exp2_bits;
    const uint64_t half = uint64_t{1} << (query.shift - 1);
    for (size_t t = 0; t < count; ++t) {
        const uint32_t behind = static_cast<uint32_t>(best) - static_cast<uint32_t>(scores[t]);
        const uint64_t scaled = (uint64_t{behind} * uint64_t{query.factor} + half) >> query.shift;
        scores[t] = static_cast<int32_t>(smaller(scaled, farthest));
    }
    for (size_t t = 0; t < count; ++t) {
        auto distance = static_cast<uint32_t>(scores[t]);
        NEUROCOMP_ONE_BY_ONE(distance);
        constexpr uint32_t excess = exp2_table_bits - attention_weight_bits;
        scores[t] = exp2[distance & (exp2_size - 1)] >> ((distance >> exp2_bits) + excess);
    }
}

struct Totals {
    int64_t weights, products, highest;
};

NEUROCOMP_INLINE Totals sum_weights(const int32_t* weights, const uint16_t* scales, size_t count) {
    Totals totals = {0, 0, 0};
    for (size_t t = 0; t < count; ++t) {
        const int64_t product = int64_t{weights[t]} * int64_t{scales[t]};
        totals.weights += weights[t];
        totals.products += product;
        totals.highest = larger(totals.highest, product);
    }
    return totals;
}

// Writes factors of 0 to 32,767.
NEUROCOMP_INLINE void write_scaled(int32_t* weights, const uint16_t* scales, size_t count, int off,
                                   size_t plane, uint8_t* to) {
    constexpr int64_t most = (int64_t{1} << mix_bits) - 1;
    for (size_t t = 0; t < count; ++t) {
        const int64_t product = int64_t{weights[t]} * int64_t{scales[t]};
        weights[t] = narrow(smaller((product + half_of(off)) >> off, most));
    }
    Strips::pack_factors(weights, count, plane, to);
}

class FactorProducts {
   public:
    NEUROCOMP_INLINE FactorProducts(const uint8_t* factors, size_t plane, size_t num_rows,
                                    size_t num_groups, int32_t* /*room*/)
        : factors_(factors), plane_(plane), num_rows_(num_rows), num_groups_(num_groups) {}

    NEUROCOMP_INLINE void write(const uint8_t* strip, int32_t* out) const {
        multiply_strip<Strip::plain>(factors_, 2 * plane_, plane_, true, strip, num_groups_,
                                     num_rows_, out, strip_outputs);
    }

   private:
    const uint8_t* factors_;
    size_t plane_;
    size_t num_rows_;
    size_t num_groups_;
};

#endif

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
        const ptrdiff_t stride = static_cast<ptrdiff_t>(padded);
        const PackedRows packed = {scratch.rows, row_bytes, scratch.sums, nullptr, nullptr, 0};
        pack_rows({near, 1, padded, stride}, true, row, packed);
        pack_rows({far, 1, padded, stride}, true, num_rows + row, packed);
    }
    const uint8_t* const keys = cache.keys_at(block.lane, block.head);
    const size_t place = cache.place(block.lane, block.head);
    const size_t stride = cache.num_slots;
    for (size_t strip = 0; strip < num_strips; ++strip) {
        int32_t* const scores = scratch.scores + strip * strip_outputs;
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
