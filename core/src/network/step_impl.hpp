// The layers of a network on a few rows.  Included once by each source that compiles them for a kind
// of processor, after one of wide_*.hpp and a product of products/.
//
// neurocomp.exact says what each operation computes.  Where numbers of 64 bits are shifted right
// they are raised first, so that they are not negative: AVX2 has no arithmetic shift of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"
#include "network/batch.hpp"

namespace neurocomp::network {

namespace {

constexpr int reciprocal_bits = 46;
constexpr int row_mantissa_bits = 15;
constexpr int64_t narrow_limit = 127;
constexpr int32_t activation_offset = 128;
constexpr int gate_bits = 16;
constexpr int output_bits = 12;
constexpr int input_bits = 10;
constexpr int state_bits = 16;
constexpr int32_t half_table = table_size / 2;
constexpr int exp2_bits = 10;
constexpr int raised_bits = 62;  // scaled sums are below 2**62

// Which row of a table of hashed n-grams: its first bits of a hash (D. Knuth, The Art of Computer
// Programming 3, 6.4) of the n latest bytes.
constexpr uint32_t hash_factor = 0x9E3779B1;

// A row's scale: it stands for its integers times mantissa * 2**exponent.
struct Scale {
    int64_t mantissa;
    int exponent;
};

// Sums the embeddings of a window's bytes and of the n-grams at its end.
NEUROCOMP_INLINE void embed(const Network& network, const uint8_t* window,
                            int32_t* NEUROCOMP_RESTRICT out) {
    const Shape& shape = network.shape();
    const Tensors& tensors = network.tensors();
    const auto width = static_cast<size_t>(shape.width);
    for (size_t n = 0; n < width; ++n) out[n] = 0;
    for (size_t k = 0; k < static_cast<size_t>(shape.context); ++k) {
        const int32_t* const row = tensors.embeddings + (k * alphabet_size + window[k]) * width;
        for (size_t n = 0; n < width; ++n) out[n] += row[n];
    }
    uint32_t hash = 0;
    int length = 0;
    size_t first = 0;
    for (const HashedTable& table : shape.tables) {
        for (; length < table.length; ++length) hash = (hash + window[length] + 1) * hash_factor;
        const size_t place = first + (hash >> (32 - table.bits));
        alignas(64) int8_t row[max_width + HashedRows::margin];
        tensors.hashed->expand(place, row);
        const int32_t scale = tensors.hashed_scales[place];
        for (size_t n = 0; n < width; ++n) out[n] += row[n] * scale;
        first += size_t{1} << table.bits;
    }
}

// Products of 32-bit numbers with one of less than 2**53, which is given in two parts.
struct Factor {
    static constexpr int low_bits = 27;
    Wide low, high;

    explicit NEUROCOMP_INLINE Factor(int64_t value)
        : low(Wide::all(value & ((int64_t{1} << low_bits) - 1))),
          high(Wide::all(value >> low_bits)) {}
    NEUROCOMP_INLINE Wide times(Wide other) const {
        return add(shift_left(multiply_signed(other, high), low_bits),
                   multiply_signed(other, low));
    }
};

// Writes values (width,) as bytes: integers up to 127 in magnitude, with their offset.
NEUROCOMP_INLINE Scale narrow_row(const int32_t* NEUROCOMP_RESTRICT values, size_t width,
                                  uint8_t* NEUROCOMP_RESTRICT out) {
    int32_t most = 0;
    for (size_t k = 0; k < width; ++k) most = larger(most, magnitude(values[k]));
    const int exponent = larger(bit_length(static_cast<uint64_t>(most)) - row_mantissa_bits, 0);
    const int64_t mantissa = (int64_t{most} >> exponent) + 1;
    const int64_t reciprocal = (narrow_limit << reciprocal_bits) / (mantissa << exponent);
    // The offset makes the sum positive, and is wanted.
    const Wide offset =
        Wide::all((int64_t{activation_offset} << reciprocal_bits) + half_of(reciprocal_bits));
    const Factor factor(reciprocal);
    size_t k = 0;
    for (; k + Wide::size <= width; k += Wide::size) {
        const Wide scaled = factor.times(Wide::from_signed(values + k));
        shift_right(add(scaled, offset), reciprocal_bits).store_bytes(out + k);
    }
    for (; k < width; ++k) {
        const int64_t scaled = values[k] * reciprocal + half_of(reciprocal_bits);
        out[k] = static_cast<uint8_t>((scaled >> reciprocal_bits) + activation_offset);
    }
    return {mantissa, exponent};
}

NEUROCOMP_INLINE int64_t sum_of_squares(const int32_t* values, size_t width) {
    Wide sum = Wide::all(0);
    size_t k = 0;
    for (; k + Wide::size <= width; k += Wide::size) {
        const Wide value = Wide::from_signed(values + k);
        sum = add(sum, multiply_signed(value, value));
    }
    auto total = static_cast<int64_t>(sum.sum());
    for (; k < width; ++k) total += int64_t{values[k]} * values[k];
    return total;
}

// Does the same for values divided by their root mean square.
NEUROCOMP_INLINE Scale normal_row(const int32_t* values, size_t width, int64_t epsilon,
                                  uint8_t* out) {
    const Scale scale = narrow_row(values, width, out);
    const int64_t square = epsilon + sum_of_squares(values, width);  // below 2**62
    const int doublings = (62 - bit_length(static_cast<uint64_t>(square))) / 2;
    const int64_t root = integer_root(square << (2 * doublings));
    const int64_t quotient = (scale.mantissa << reciprocal_bits) / root;
    const int excess =
        larger(bit_length(static_cast<uint64_t>(quotient)) - row_mantissa_bits, 0);
    return {(quotient + half_of(excess)) >> excess,
            scale.exponent + doublings + excess - reciprocal_bits};
}

// Makes outputs of a row's sums of products: `neurocomp.exact.linear.Linear`.
NEUROCOMP_INLINE void scale_row(const Layer& layer, Scale scale, int32_t* NEUROCOMP_RESTRICT line) {
    const int away = smaller(layer.shift - scale.exponent, raised_bits);
    const int64_t half = half_of(away);
    const uint32_t* NEUROCOMP_RESTRICT const multiplier = layer.multiplier.data();
    const int32_t* NEUROCOMP_RESTRICT const bias = layer.bias.data();
    const auto width = static_cast<size_t>(layer.num_outputs);  // a multiple of Wide::size
    if ((layer.reach * scale.mantissa + half) >> away > layer.margin) {
        for (size_t n = 0; n < width; ++n) {
            const int64_t total = line[n] * scale.mantissa * int64_t{multiplier[n]};
            const int64_t scaled = ((total + half) >> away) + bias[n];
            line[n] = static_cast<int32_t>(clamp<int64_t>(scaled, layer.clip));
        }
        return;
    }
    // Here outputs fit 32 bits before they are clamped: what is raised is taken off there.
    const Wide raised = Wide::all((int64_t{1} << raised_bits) + half);
    const auto lowered = static_cast<int32_t>(
        static_cast<uint32_t>((uint64_t{1} << raised_bits) >> away));
    const Wide mantissa = Wide::all(scale.mantissa);
    for (size_t n = 0; n < width; n += Wide::size) {
        const Wide total = multiply_signed(Wide::from_signed(line + n), mantissa);
        const Wide factor = Wide::from_unsigned(multiplier + n);
        const Wide product =
            add(multiply_unsigned(total, factor),
                shift_left(multiply_unsigned(shift_right(total, 32), factor), 32));
        shift_right(add(product, raised), away).store_low(line + n);
    }
    for (size_t n = 0; n < width; ++n) {
        const int32_t value = wrapping_add(wrapping_subtract(line[n], lowered), bias[n]);
        line[n] = clamp(value, layer.clip);
    }
}

// Moves a lane's states towards candidates by shares, and multiplies them by the gates' SiLU.
// `sums` has the gates of the recurrence, those of the output, and the candidates, `width` of each.
NEUROCOMP_INLINE void recur(const Tensors& tensors, const int32_t* NEUROCOMP_RESTRICT sums,
                            size_t width, int32_t* NEUROCOMP_RESTRICT states,
                            int32_t* NEUROCOMP_RESTRICT shares, int32_t* NEUROCOMP_RESTRICT out) {
    int32_t* NEUROCOMP_RESTRICT const gates = shares + width;
    for (size_t k = 0; k < width; ++k) {
        const int32_t place = larger(-half_table, smaller(half_table - 1, sums[k]));
        shares[k] = tensors.gates[place + half_table];
    }
    for (size_t k = 0; k < width; ++k) {
        const int32_t value = sums[width + k];
        const int32_t place = larger(-half_table, smaller(half_table - 1, value));
        const int32_t entry = tensors.silu[place + half_table];
        // |value| < 2**25, so that it may be shifted.
        const int32_t beyond = value * (1 << (output_bits - input_bits));
        const int32_t gate = value >= half_table ? beyond : entry;
        gates[k] = value < -half_table ? 0 : gate;
    }
    const int32_t* NEUROCOMP_RESTRICT const candidates = sums + 2 * width;
    const Wide gate_half = Wide::all(half_of(gate_bits));
    const Wide raised = Wide::all((int64_t{1} << raised_bits) + half_of(output_bits));
    const Wide lowered = Wide::all(int64_t{1} << (raised_bits - output_bits));
    for (size_t k = 0; k < width; k += Wide::size) {  // a multiple of 4
        if (Wide::size > 4 && k + Wide::size > width) {
            // The last four of eight: numbers before them are done, and not done again.
            for (; k < width; ++k) {
                const int64_t step =
                    shares[k] * ((int64_t{candidates[k]} << (state_bits - input_bits)) - states[k]);
                states[k] = wrapping_add(
                    states[k], static_cast<int32_t>((step + half_of(gate_bits)) >> gate_bits));
                const int64_t product = int64_t{gates[k]} * states[k] + half_of(output_bits);
                out[k] = static_cast<int32_t>(
                    clamp<int64_t>(product >> output_bits, residual_limit));
            }
            break;
        }
        const Wide share = Wide::from_signed(shares + k);
        const Wide before = Wide::from_signed(states + k);
        const Wide candidate =
            shift_left(Wide::from_signed(candidates + k), state_bits - input_bits);
        // The difference has 33 bits: two products.  Of the step the low half is wanted.
        const Wide step =
            subtract(multiply_signed(share, candidate), multiply_signed(share, before));
        add(before, shift_right(add(step, gate_half), gate_bits)).store_low(states + k);
        const Wide product =
            multiply_signed(Wide::from_signed(gates + k), Wide::from_signed(states + k));
        const Wide opened = subtract(shift_right(add(product, raised), output_bits), lowered);
        clamp_wide(opened, residual_limit).store_low(out + k);
    }
}

NEUROCOMP_INLINE void add_row(const int32_t* NEUROCOMP_RESTRICT sums, size_t width,
                              int32_t* NEUROCOMP_RESTRICT stream) {
    for (size_t k = 0; k < width; ++k) stream[k] = clamp(stream[k] + sums[k], residual_limit);
}

// Replaces values, in units of 2**-12, by the squares of what is positive.
NEUROCOMP_INLINE void square_row(int32_t* NEUROCOMP_RESTRICT values, size_t width) {
    for (size_t k = 0; k < width; ++k) {
        const auto positive = static_cast<uint64_t>(larger(0, smaller(square_limit, values[k])));
        values[k] = static_cast<int32_t>((positive * positive + half_of(output_bits)) >> output_bits);
    }
}

// Writes 2**30 times powers of 2 of the distances to the largest logit; 1 at least.
NEUROCOMP_INLINE void weigh(const int32_t* NEUROCOMP_RESTRICT logits, const int32_t* table,
                            int32_t* NEUROCOMP_RESTRICT weights) {
    int32_t best = logits[0];
    for (int i = 0; i < alphabet_size; ++i) best = larger(best, logits[i]);
    for (int i = 0; i < alphabet_size; ++i) {
        const int32_t distance = best - logits[i];
        const int32_t octaves = smaller(distance >> exp2_bits, 31);
        weights[i] = larger(table[distance & (exp2_size - 1)] >> octaves, 1);
    }
}

template <typename Dot>
struct Runner {
    const Step& step;
    const size_t num_rows;
    const size_t width;

    explicit Runner(const Step& which)
        : step(which),
          num_rows(which.num_active * which.rows_each),
          width(static_cast<size_t>(which.network.shape().width)) {}

    void run() const {
        const Network& network = step.network;
        const Shape& shape = network.shape();
        for (size_t m = 0; m < num_rows; ++m) {
            embed(network, step.windows + m * static_cast<size_t>(shape.context),
                  step.stream + m * width);
        }
        for (size_t b = 0; b < static_cast<size_t>(shape.num_blocks); ++b) {
            const Block& block = network.blocks()[b];
            normal_layer(block.gates);
            for (size_t i = 0; i < step.num_active; ++i) {
                int32_t* const states = step.states + (b * step.num_lanes + step.active[i]) * width;
                for (size_t t = 0; t < step.rows_each; ++t) {
                    const size_t m = i * step.rows_each + t;
                    recur(network.tensors(), step.sums + m * step.sum_width, width, states,
                          step.shares, step.opened + m * width);
                }
            }
            plain_layer(block.out, step.opened, width);
            normal_layer(block.up);
            for (size_t m = 0; m < num_rows; ++m) {
                square_row(step.sums + m * step.sum_width,
                           static_cast<size_t>(shape.inner_width));
            }
            plain_layer(block.down, step.sums, step.sum_width);
        }
        if (!step.with_head) return;
        normal_layer(network.head());
        for (size_t m = 0; m < num_rows; ++m) {
            weigh(step.sums + m * step.sum_width, network.tensors().exp2,
                  step.weights + m * alphabet_size);
        }
    }

    // Sums of a layer whose inputs are the stream, normalised.
    void normal_layer(const Layer& layer) const {
        for (size_t m = 0; m < num_rows; ++m) {
            keep(m, normal_row(step.stream + m * width, width, step.network.shape().epsilon,
                               step.narrow + m * width));
        }
        apply(layer, width);
    }

    // Adds to the stream what a layer makes of rows of values.
    void plain_layer(const Layer& layer, const int32_t* values, size_t stride) const {
        const size_t inputs = static_cast<size_t>(layer.num_groups) * group;
        for (size_t m = 0; m < num_rows; ++m) {
            keep(m, narrow_row(values + m * stride, inputs, step.narrow + m * inputs));
        }
        apply(layer, inputs);
        for (size_t m = 0; m < num_rows; ++m) {
            add_row(step.sums + m * step.sum_width, width, step.stream + m * width);
        }
    }

    void apply(const Layer& layer, size_t inputs) const {
        products::multiply<Dot>(step.narrow, inputs, num_rows, layer, step.sums, step.sum_width);
        for (size_t m = 0; m < num_rows; ++m) {
            scale_row(layer, {step.mantissas[m], step.exponents[m]},
                      step.sums + m * step.sum_width);
        }
    }

    void keep(size_t row, Scale scale) const {
        step.mantissas[row] = scale.mantissa;
        step.exponents[row] = scale.exponent;
    }
};

}  // namespace

}  // namespace neurocomp::network
