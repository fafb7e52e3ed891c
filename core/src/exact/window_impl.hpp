// Causal attention over a sliding window, with keys and values of 8 bits: neurocomp/exact/window.py
// says what it computes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/attention_impl.hpp"
#include "exact/dots_impl.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"
#include "exact/window_queries_impl.hpp"

namespace neurocomp::exact {

namespace {

// Keeps keys or values (lanes * steps, heads * width) of the steps from `start` on.
void store_window(Matrix<const int32_t> values, size_t start, const Window& window,
                  const ByteCache& cache) {
    constexpr int64_t half = int64_t{1} << (reciprocal_bits - 1);
    const size_t num_steps = values.num_rows / cache.num_lanes;
    for (size_t m = 0; m < values.num_rows; ++m) {
        const size_t slot = window.slot(start + m % num_steps);
        for (size_t head = 0; head < cache.num_heads; ++head) {
            const int32_t* const from = values.row(m) + head * cache.width;
            int32_t largest = 0;
            for (size_t i = 0; i < cache.width; ++i) {
                largest = larger(largest, magnitude(clamp(from[i], key_limit)));
            }
            const int64_t scale = int64_t{largest} + 1;
            const int64_t reciprocal = (byte_limit << reciprocal_bits) / scale;
            const size_t place = cache.place(m / num_steps, head) + slot;
            int8_t* const to = cache.values + place * cache.width;
            for (size_t i = 0; i < cache.width; ++i) {
                const int64_t value = clamp(from[i], key_limit);
                to[i] = static_cast<int8_t>((value * reciprocal + half) >> reciprocal_bits);
            }
            cache.scales[place] = static_cast<int32_t>(scale);
        }
    }
}

template <size_t num_queries>
NEUROCOMP_INLINE void score_queries(const int16_t* queries, size_t width, const int8_t* keys,
                                    const int32_t* scales, size_t length, int32_t* scores,
                                    size_t stride) {
    constexpr size_t group = 4;
    const int16_t* left[num_queries];
    for (size_t i = 0; i < num_queries; ++i) left[i] = queries + i * width;
    const auto write = [&](size_t i, size_t t, int32_t product) {
        const int64_t scaled = multiply(product, scales[t]);
        scores[i * stride + t] = narrow(add(scaled, half_of(score_shift)) >> score_shift);
    };
    size_t t = 0;
    for (; t + group <= length; t += group) {
        const int8_t* right[group];
        for (size_t j = 0; j < group; ++j) right[j] = keys + (t + j) * width;
        int32_t products[num_queries][group];
        dot_products(left, right, width, products);
        for (size_t i = 0; i < num_queries; ++i) {
            for (size_t j = 0; j < group; ++j) write(i, t + j, products[i][j]);
        }
    }
    for (; t < length; ++t) {
        const int8_t* const right[1] = {keys + t * width};
        int32_t products[num_queries][1];
        dot_products(left, right, width, products);
        for (size_t i = 0; i < num_queries; ++i) write(i, t, products[i][0]);
    }
}

// Scores of `number` queries over `length` keys that lie side by side: each key is read once for
// four of them.
NEUROCOMP_INLINE void write_scores(const int16_t* queries, size_t number, size_t width,
                                   const int8_t* keys, const int32_t* scales, size_t length,
                                   int32_t* scores, size_t stride) {
    for (size_t first = 0; first < number; first += 4) {
        const int16_t* const some = queries + first * width;
        int32_t* const out = scores + first * stride;
        switch (smaller(number - first, size_t{4})) {
            case 4:
                score_queries<4>(some, width, keys, scales, length, out, stride);
                break;
            case 3:
                score_queries<3>(some, width, keys, scales, length, out, stride);
                break;
            case 2:
                score_queries<2>(some, width, keys, scales, length, out, stride);
                break;
            default:
                score_queries<1>(some, width, keys, scales, length, out, stride);
        }
    }
}

// Replaces scores by factors of the values below 2**15; `products` has room for `length` numbers.
NEUROCOMP_INLINE Mix write_factors(int32_t* scores, const int32_t* scales, size_t length,
                                   uint32_t factor, int64_t shift, const int32_t* exp2,
                                   int64_t* products) {
    int32_t best = scores[0];
    for (size_t t = 1; t < length; ++t) best = larger(best, scores[t]);
    const auto bits = static_cast<int>(larger(int64_t{1}, smaller(shift, int64_t{max_shift})));
    const uint64_t half = uint64_t{1} << (bits - 1);
    constexpr uint64_t farthest = uint64_t{attention_weight_bits + 1} << exp2_bits;
    for (size_t t = 0; t < length; ++t) {
        const uint32_t behind = static_cast<uint32_t>(best) - static_cast<uint32_t>(scores[t]);
        const uint64_t scaled = (uint64_t{behind} * uint64_t{factor} + half) >> bits;
        scores[t] = static_cast<int32_t>(smaller(scaled, farthest));
    }
    int64_t sum = 0;
    for (size_t t = 0; t < length; ++t) {
        auto distance = static_cast<uint32_t>(scores[t]);
        NEUROCOMP_ONE_BY_ONE(distance);
        constexpr uint32_t excess = exp2_table_bits - attention_weight_bits;
        const int32_t weight =
            exp2[distance & (exp2_size - 1)] >> ((distance >> exp2_bits) + excess);
        scores[t] = weight;
        sum += weight;
    }
    int64_t total = 0, highest = 0;
    for (size_t t = 0; t < length; ++t) {
        const int64_t product = int64_t{scores[t]} * int64_t{scales[t]};
        products[t] = product;
        total += product;
        highest = larger(highest, product);
    }
    const int excess = larger(bit_length(static_cast<uint64_t>(highest)) - mix_bits,
                              bit_length(static_cast<uint64_t>(total)) - mix_total_bits);
    const int off = larger(excess, 0);
    constexpr int64_t most = (int64_t{1} << mix_bits) - 1;
    for (size_t t = 0; t < length; ++t) {
        scores[t] = narrow(smaller((products[t] + half_of(off)) >> off, most));
    }
    const int64_t divisor = byte_limit * larger(sum, int64_t{1});
    return {(attention_one << mix_share_bits) / divisor, mix_share_bits - off};
}

#ifdef __AVX2__

// Adds 16 * num_blocks columns of the values, times factors, pairs of positions at once.
template <size_t num_blocks>
NEUROCOMP_INLINE void mix_bytes(const int32_t* factors, size_t length, const int8_t* values,
                                size_t width, int32_t* out) {
    __m256i sums[num_blocks][2];
    for (size_t b = 0; b < num_blocks; ++b) {
        const auto* const from = reinterpret_cast<const __m256i*>(out + 16 * b);
        const __m256i left = _mm256_loadu_si256(from), right = _mm256_loadu_si256(from + 1);
        sums[b][0] = _mm256_permute2x128_si256(left, right, 0x20);
        sums[b][1] = _mm256_permute2x128_si256(left, right, 0x31);
    }
    for (size_t t = 0; t < length; t += 2) {
        const size_t next = t + 1 < length ? t + 1 : t;
        const uint32_t second = next == t ? 0 : static_cast<uint32_t>(factors[next]);
        const uint32_t both = static_cast<uint32_t>(factors[t]) | second << 16;
        if (both == 0) continue;  // too far behind to count
        const __m256i weights = _mm256_set1_epi32(static_cast<int32_t>(both));
        for (size_t b = 0; b < num_blocks; ++b) {
            const int8_t* const upper = values + t * width + 16 * b;
            const int8_t* const lower = values + next * width + 16 * b;
            const __m256i x =
                _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(upper)));
            const __m256i y =
                _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(lower)));
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

// Adds the values (length, width) times their factors to `out` (width,).
NEUROCOMP_INLINE void mix_bytes(const int32_t* factors, size_t length, const int8_t* values,
                                size_t width, int32_t* out) {
    size_t done = 0;
#ifdef __AVX2__
    for (; done + 64 <= width; done += 64) {
        mix_bytes<4>(factors, length, values + done, width, out + done);
    }
    for (; done + 16 <= width; done += 16) {
        mix_bytes<1>(factors, length, values + done, width, out + done);
    }
#endif
    if (done == width) return;
    for (size_t t = 0; t < length; ++t) {
        const int8_t* const row = values + t * width;
        const int32_t factor = factors[t];
        if (factor == 0) continue;
        for (size_t i = done; i < width; ++i) out[i] = wrapping_add(out[i], factor * row[i]);
    }
}

// Writes attention's outputs (lanes * steps, heads * width) for queries of that shape, rotated by
// their positions, and `far_queries`, rotated for the sinks.  The caches hold the steps already.
void attend_window(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                   const ByteCache& keys, const ByteCache& values, size_t start,
                   const Window& window, const AttentionScale& scale, const int32_t* exp2,
                   const WindowScratch& scratch, Matrix<int32_t> out) {
    const size_t width = keys.width;
    const size_t num_steps = queries.num_rows / keys.num_lanes;
    const size_t group = queries.num_columns / width / keys.num_heads;
    const size_t stride = window.length;
    for (size_t m = 0; m < queries.num_rows; ++m) {
        Stretch visible[3];
        const size_t num_stretches = find_visible(window, start + m % num_steps, visible);
        for (size_t head = 0; head < keys.num_heads; ++head) {
            const size_t place = keys.place(m / num_steps, head);
            const size_t column = head * group * width;
            RowScale scales[max_query_group];
            int16_t* const far = scratch.queries + group * width;
            for (size_t i = 0; i < group; ++i) {
                const size_t at = column + i * width;
                scales[i] = quantise_queries(queries.row(m) + at, far_queries.row(m) + at, width,
                                             scale.query_limit, scratch.queries + i * width,
                                             far + i * width);
            }
            size_t length = 0;
            for (size_t s = 0; s < num_stretches; ++s) {
                const size_t first = place + visible[s].first;
                write_scores(s == 0 ? far : scratch.queries, group, width,
                             keys.values + first * width, keys.scales + first, visible[s].length,
                             scratch.scores + length, stride);
                for (size_t t = 0; t < visible[s].length; ++t) {
                    scratch.scales[length + t] = values.scales[first + t];
                }
                length += visible[s].length;
            }
            for (size_t i = 0; i < group; ++i) {
                int32_t* const factors = scratch.scores + i * stride;
                const Mix mix =
                    write_factors(factors, scratch.scales, length,
                                  static_cast<uint32_t>(scales[i].mantissa * scale.multiplier),
                                  scale.shift - scales[i].exponent, exp2, scratch.products);
                int32_t* const target = out.row(m) + column + i * width;
                for (size_t k = 0; k < width; ++k) target[k] = 0;
                size_t done = 0;
                for (size_t s = 0; s < num_stretches; ++s) {
                    mix_bytes(factors + done, visible[s].length,
                              values.values + (place + visible[s].first) * width, width, target);
                    done += visible[s].length;
                }
                for (size_t k = 0; k < width; ++k) {
                    target[k] = narrow(scale_sum(target[k], mix.reciprocal, mix.shift));
                }
            }
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
