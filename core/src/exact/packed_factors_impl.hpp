// From products of queries and keys to factors of values, and their products: the steps of
// packed_window_impl.hpp, as vector instructions where the processor has them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "exact/kernels.hpp"
#include "exact/scaling.hpp"
#include "exact/strips_impl.hpp"

namespace neurocomp::exact {

namespace {

inline constexpr size_t most_block_queries = 64;

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

}  // namespace

}  // namespace neurocomp::exact
