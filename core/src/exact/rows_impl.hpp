// Row by row: normalise, quantise, look up, rotate, add.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/dots_impl.hpp"
#include "exact/matrix.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

// Writes rows of values * gain (M, K) as integers up to `limit`, and their scales; `gain` may be
// null for ones.  Columns of `out` beyond K become 0.
void quantise_rows(Matrix<const int32_t> values, const int32_t* gain, int64_t limit,
                   Matrix<int16_t> out, int64_t* mantissas, int64_t* exponents) {
    constexpr int64_t half = int64_t{1} << (reciprocal_bits - 1);
    const size_t num_columns = values.num_columns;
    for (size_t m = 0; m < values.num_rows; ++m) {
        const int32_t* const row = values.row(m);
        int16_t* const target = out.row(m);
        int64_t highest = 0, lowest = 0;
        if (gain == nullptr) {
            int32_t high = 0, low = 0;
            for (size_t k = 0; k < num_columns; ++k) {
                high = larger(high, row[k]);
                low = smaller(low, row[k]);
            }
            highest = high;
            lowest = low;
        } else {
            for (size_t k = 0; k < num_columns; ++k) {
                const int64_t value = int64_t{row[k]} * gain[k];
                highest = larger(highest, value);
                lowest = smaller(lowest, value);
            }
        }
        const RowScale scale = row_scale(larger(highest, -lowest));
        // |value| <= mantissa << exponent, so that products stay below limit << 46.
        const int64_t reciprocal = (limit << reciprocal_bits) / (scale.mantissa << scale.exponent);
        if (gain == nullptr) {
            for (size_t k = 0; k < num_columns; ++k) {
                const int64_t value = row[k];
                target[k] = static_cast<int16_t>((value * reciprocal + half) >> reciprocal_bits);
            }
        } else {
            for (size_t k = 0; k < num_columns; ++k) {
                const int64_t value = int64_t{row[k]} * gain[k];
                target[k] = static_cast<int16_t>((value * reciprocal + half) >> reciprocal_bits);
            }
        }
        for (size_t k = num_columns; k < out.num_columns; ++k) target[k] = 0;
        mantissas[m] = scale.mantissa;
        exponents[m] = scale.exponent;
    }
}

// Writes values (M, K) less the rounded mean of their row; K >= 1.
void centre_rows(Matrix<const int32_t> values, Matrix<int32_t> out) {
    const auto width = static_cast<int64_t>(values.num_columns);
    for (size_t m = 0; m < values.num_rows; ++m) {
        const int32_t* const row = values.row(m);
        int32_t* const target = out.row(m);
        int64_t total = 0;
        for (size_t k = 0; k < values.num_columns; ++k) total += row[k];
        const auto mean = narrow(floor_divide(2 * total + width, 2 * width));
        for (size_t k = 0; k < values.num_columns; ++k) target[k] = wrapping_subtract(row[k], mean);
    }
}

// Divides row scales (M,) by sqrt(sum of squares + epsilon) of the rows of values (M, K), which are
// within residual_limit; K <= max_width; 1 <= epsilon, which leaves the sum below 2**62.
void divide_by_norms(Matrix<const int32_t> values, int64_t epsilon, int64_t* mantissas,
                     int64_t* exponents) {
    for (size_t m = 0; m < values.num_rows; ++m) {
        const int32_t* const row = values.row(m);
        int64_t square = epsilon;
        for (size_t k = 0; k < values.num_columns; ++k) {
            const int64_t value = clamp(row[k], residual_limit);
            square += value * value;
        }
        const int64_t doublings = (62 - bit_length(static_cast<uint64_t>(square))) / 2;
        const int64_t root = integer_root(square << (2 * doublings));
        const int64_t quotient = (mantissas[m] << reciprocal_bits) / root;
        const int excess = larger(bit_length(static_cast<uint64_t>(quotient)) - mantissa_bits, 0);
        mantissas[m] = (quotient + half_of(excess)) >> excess;
        exponents[m] += doublings + excess - reciprocal_bits;
    }
}

// Replaces each head by its direction times gains (head_width,): see neurocomp/exact/layers.py.  Values
// are within residual_limit; 1 <= head_width <= max_width; 1 <= epsilon, which leaves sums below 2**62.
void normalise_heads(Matrix<int32_t> values, const int32_t* gain, size_t head_width,
                     int64_t epsilon, int shift) {
    for (size_t m = 0; m < values.num_rows; ++m) {
        for (size_t first = 0; first < values.num_columns; first += head_width) {
            int32_t* const head = values.row(m) + first;
            int64_t square = epsilon;
            for (size_t k = 0; k < head_width; ++k) {
                const int64_t value = clamp(head[k], residual_limit);
                square += value * value;
            }
            const int doublings = (62 - bit_length(static_cast<uint64_t>(square))) / 2;
            const int64_t root = integer_root(square << (2 * doublings));
            const int64_t reciprocal = (int64_t{1} << 61) / root;
            for (size_t k = 0; k < head_width; ++k) {
                const int64_t value = clamp(head[k], residual_limit);
                const int64_t direction = scale_sum(value, reciprocal, 31 - doublings);
                head[k] = narrow(add(multiply(direction, gain[k]), half_of(shift)) >> shift);
            }
        }
    }
}

#ifdef __AVX512VNNI__

// What activate_rows does, for as many as there are whole vectors of; returns their number.
NEUROCOMP_INLINE size_t activate_vectors(int32_t* row, size_t count, const int32_t* table,
                                         bool saturates) {
    const __m512i end = _mm512_set1_epi32(half_table), begin = _mm512_set1_epi32(-half_table);
    const __m512i last = _mm512_set1_epi32(half_table - 1);
    const __m512i one = _mm512_set1_epi32(1 << output_bits);
    size_t k = 0;
    for (; k + 16 <= count; k += 16) {
        const __m512i value = _mm512_loadu_si512(row + k);
        const __m512i inside = _mm512_max_epi32(_mm512_min_epi32(value, last), begin);
        const __m512i found = _mm512_i32gather_epi32(_mm512_add_epi32(inside, end), table, 4);
        const __m512i beyond = saturates ? one : _mm512_slli_epi32(value, output_bits - input_bits);
        const __m512i either =
            _mm512_mask_mov_epi32(found, _mm512_cmpge_epi32_mask(value, end), beyond);
        const __mmask16 counts = _mm512_cmpge_epi32_mask(value, begin);
        _mm512_storeu_si512(row + k, _mm512_maskz_mov_epi32(counts, either));
    }
    return k;
}

#else

NEUROCOMP_INLINE size_t activate_vectors(int32_t*, size_t, const int32_t*, bool) { return 0; }

#endif

// Replaces values in units of 2**-10 by the function's, in units of 2**-12.
void activate_rows(Matrix<int32_t> values, const int32_t* table, bool saturates) {
    for (size_t m = 0; m < values.num_rows; ++m) {
        int32_t* const row = values.row(m);
        size_t k = activate_vectors(row, values.num_columns, table, saturates);
        for (; k < values.num_columns; ++k) {
            const int32_t value = row[k];
            int32_t place = larger(-half_table, smaller(value, half_table - 1)) + half_table;
            NEUROCOMP_ONE_BY_ONE(place);
            const int32_t inside = table[place];
            const int32_t beyond = saturates ? int32_t{1} << output_bits
                                             : narrow(int64_t{value} << (output_bits - input_bits));
            row[k] = value >= half_table ? beyond : value < -half_table ? 0 : inside;
        }
    }
}

// Replaces gates, in units of 2**-12, by their products with values.
void gate_rows(Matrix<int32_t> gates, Matrix<const int32_t> values, int64_t clip) {
    for (size_t m = 0; m < gates.num_rows; ++m) {
        int32_t* const row = gates.row(m);
        const int32_t* const factors = values.row(m);
        for (size_t k = 0; k < gates.num_columns; ++k) {
            const int64_t product = int64_t{row[k]} * int64_t{factors[k]};
            row[k] = narrow(clamp((product + half_of(output_bits)) >> output_bits, clip));
        }
    }
}

// Rotates pairs (i, i + head_width / 2) of each head of values (lanes * steps, K); the tables are
// (positions, head_width / 2), of angles' cosines and sines times 2**14.
void rotate_rows(Matrix<int32_t> values, size_t head_width, const int16_t* cosines,
                 const int16_t* sines, size_t start, size_t num_steps) {
    const size_t half = head_width / 2;
    for (size_t m = 0; m < values.num_rows; ++m) {
        const size_t place = (start + m % num_steps) * half;
        const int16_t* const c = cosines + place;
        const int16_t* const s = sines + place;
        for (size_t head = 0; head < values.num_columns; head += head_width) {
            int32_t* const left = values.row(m) + head;
            int32_t* const right = left + half;
            for (size_t i = 0; i < half; ++i) {
                const int64_t x = left[i], y = right[i];
                left[i] = narrow((x * c[i] - y * s[i] + (1 << 13)) >> 14);
                right[i] = narrow((y * c[i] + x * s[i] + (1 << 13)) >> 14);
            }
        }
    }
}

// Adds increments to values, and clamps to [-clip, clip]; 0 <= clip < 2**31.
void add_rows(Matrix<int32_t> values, Matrix<const int32_t> increments, int64_t clip) {
    for (size_t m = 0; m < values.num_rows; ++m) {
        int32_t* const row = values.row(m);
        const int32_t* const more = increments.row(m);
        for (size_t k = 0; k < values.num_columns; ++k) {
            row[k] = narrow(clamp(int64_t{row[k]} + int64_t{more[k]}, clip));
        }
    }
}

// Moves states towards candidates by the shares of the gates: see neurocomp/exact/layers.py.
void recur(Matrix<int32_t> states, Matrix<const int32_t> gates, Matrix<const int32_t> candidates,
           const int32_t* table) {
    for (size_t m = 0; m < states.num_rows; ++m) {
        int32_t* const state = states.row(m);
        const int32_t* const gate = gates.row(m);
        const int32_t* const candidate = candidates.row(m);
        for (size_t k = 0; k < states.num_columns; ++k) {
            int32_t place = larger(-half_table, smaller(gate[k], half_table - 1)) + half_table;
            NEUROCOMP_ONE_BY_ONE(place);
            const int64_t fine = int64_t{candidate[k]} << (state_bits - input_bits);
            const int64_t step = multiply(table[place], fine - int64_t{state[k]});
            state[k] = wrapping_add(state[k], narrow(add(step, half_of(gate_bits)) >> gate_bits));
        }
    }
}

// Replaces values, in units of 2**-12, by the squares of what is positive; 0 <= clip < 2**31.
void square_rows(Matrix<int32_t> values, int64_t clip) {
    for (size_t m = 0; m < values.num_rows; ++m) {
        int32_t* const row = values.row(m);
        for (size_t k = 0; k < values.num_columns; ++k) {
            const int64_t positive = larger(int64_t{0}, smaller(int64_t{row[k]}, clip));
            row[k] = narrow((positive * positive + half_of(output_bits)) >> output_bits);
        }
    }
}

}  // namespace

}  // namespace neurocomp::exact
