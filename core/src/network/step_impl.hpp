// The layers of a network on a few rows.  Included once by each source that compiles them for a kind
// of processor, after one of wide_*.hpp and a product of products/.
//
// neurocomp.exact says what each operation computes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "network/outputs_impl.hpp"
#include "network/rows_impl.hpp"

namespace neurocomp::network {

namespace {

constexpr int gate_bits = 16;
constexpr int input_bits = 10;
constexpr int state_bits = 16;
constexpr int32_t half_table = table_size / 2;
constexpr int exp2_bits = 10;

// Rows whose sums are made before they are scaled: they stay in the nearest cache.
constexpr size_t rows_at_once = 32;

constexpr size_t least_wanting = 8;

// One lane's states towards candidates by shares, and their products with the gates' SiLU.
struct Recurrence {
    const Tensors& tensors;

    // A number at a time: of the share, the gate and the candidate, in units of 2**-10.
    NEUROCOMP_INLINE int32_t move(int32_t& state, int32_t share, int32_t gate,
                                  int32_t candidate) const {
        const int64_t part = tensors.gates[place_of(share) + half_table];
        const int64_t step = part * ((int64_t{candidate} << (state_bits - input_bits)) - state);
        state = wrapping_add(state, static_cast<int32_t>((step + half_of(gate_bits)) >> gate_bits));
        const int32_t entry = tensors.silu[place_of(gate) + half_table];
        const int32_t open = gate >= half_table ? gate * 4 : gate < -half_table ? 0 : entry;
        const int64_t product = int64_t{open} * state + half_of(output_bits);
        return static_cast<int32_t>(clamp<int64_t>(product >> output_bits, residual_limit));
    }

    NEUROCOMP_INLINE Ints move(Ints& states, Ints shares, Ints gates, Ints candidates) const {
        const Wide share = Wide::with_low(place_of(shares).look_up(tensors.gates + half_table));
        const Wide before = Wide::with_low(states);
        const Wide candidate = shift_left(Wide::with_low(candidates), state_bits - input_bits);
        // The difference has 33 bits: two products.  Of the step the low half is wanted.
        const Wide step =
            subtract(multiply_signed(share, candidate), multiply_signed(share, before));
        states =
            add(states, shift_right(add(step, Wide::all(half_of(gate_bits))), gate_bits).low());
        // |gate| < 2**25, so that it may be shifted.
        const Ints entry = place_of(gates).look_up(tensors.silu + half_table);
        const Ints open =
            where_at_least(gates, Ints::all(half_table), times_four(gates),
                           where_at_least(gates, Ints::all(-half_table), entry, Ints::all(0)));
        const Wide product = multiply_signed(Wide::with_low(open), Wide::with_low(states));
        const Wide rounded = add(product, Wide::all(half_of(output_bits)));
        return clamp_wide(shift_right_signed(rounded, output_bits), residual_limit).low();
    }

   private:
    static_assert(output_bits - input_bits == 2);

    static NEUROCOMP_INLINE int32_t place_of(int32_t value) {
        return larger(-half_table, smaller(half_table - 1, value));
    }
    static NEUROCOMP_INLINE Ints place_of(Ints values) {
        return larger(Ints::all(-half_table), smaller(Ints::all(half_table - 1), values));
    }
};

// `sums` has the gates of the recurrence, those of the output, and the candidates, `width` of each.
NEUROCOMP_INLINE void recur(const Tensors& tensors, const int32_t* NEUROCOMP_RESTRICT sums,
                            size_t width, int32_t* NEUROCOMP_RESTRICT states,
                            int32_t* NEUROCOMP_RESTRICT out) {
    const Recurrence recurrence{tensors};
    size_t k = 0;
    for (; k + Ints::size <= width; k += Ints::size) {
        Ints moved = Ints::load(states + k);
        recurrence
            .move(moved, Ints::load(sums + k), Ints::load(sums + width + k),
                  Ints::load(sums + 2 * width + k))
            .store(out + k);
        moved.store(states + k);
    }
    for (; k < width; ++k) {
        out[k] = recurrence.move(states[k], sums[k], sums[width + k], sums[2 * width + k]);
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

template <typename Products>
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
        const Keep keep{step.sums, step.sum_width};
        const KeepSquares keep_squares{step.sums, step.sum_width};
        const AddToStream add_to_stream{step.stream, width};
        for (size_t m = 0; m < num_rows; ++m) {
            embed(network, step.windows + m * static_cast<size_t>(shape.context),
                  step.stream + m * width);
        }
        const auto num_blocks = static_cast<size_t>(shape.num_blocks);
        const Layer& first = network.blocks()[0].gates;
        for (size_t b = 0; b < num_blocks; ++b) {
            const Block& block = network.blocks()[b];
            const bool is_last = b + 1 == num_blocks;
            take_normal();
            apply(block.gates, keep, block.out);
            move_states(b);
            take_plain(step.opened, width, width);
            apply(block.out, add_to_stream, block.up);
            take_normal();
            apply(block.up, keep_squares, block.down);
            take_plain(step.sums, step.sum_width, static_cast<size_t>(shape.inner_width));
            apply(block.down, add_to_stream,
                  is_last ? network.head() : network.blocks()[b + 1].gates);
        }
        if (!step.with_head) return;
        take_normal();
        apply(network.head(), keep, first);
        for (size_t m = 0; m < num_rows; ++m) {
            weigh(step.sums + m * step.sum_width, network.tensors().exp2,
                  step.weights + m * alphabet_size);
        }
    }

    // A layer's inputs: the stream, normalised,
    void take_normal() const {
        for (size_t m = 0; m < num_rows; ++m) {
            step.scales[m] = normal_row(step.stream + m * width, width,
                                        step.network.shape().epsilon, step.narrow + m * width);
        }
    }

    // or rows of values.
    void take_plain(const int32_t* values, size_t stride, size_t inputs) const {
        for (size_t m = 0; m < num_rows; ++m) {
            step.scales[m] = narrow_row(values + m * stride, inputs, step.narrow + m * inputs);
        }
    }

    void move_states(size_t block) const {
        for (size_t i = 0; i < step.num_active; ++i) {
            int32_t* const states = step.states + (block * step.num_lanes + step.active[i]) * width;
            for (size_t t = 0; t < step.rows_each; ++t) {
                const size_t m = i * step.rows_each + t;
                recur(step.network.tensors(), step.sums + m * step.sum_width, width, states,
                      step.opened + m * width);
            }
        }
    }

    // Weights are read once for all rows; those of the layer `next` follow.
    template <typename Sink>
    void apply(const Layer& layer, Sink sink, const Layer& next) const {
        for (size_t m = 0; m < num_rows; ++m) set_rounding(layer, step.scales[m]);
        const auto num_outputs = static_cast<size_t>(layer.num_outputs);
        const auto inputs = static_cast<size_t>(layer.num_groups) * group_inputs;
        Products products({step.narrow, inputs, num_rows, layer.num_groups});
        alignas(64) int32_t sums[rows_at_once * strip_outputs];
        const int8_t* weights = layer.weight;
        for (size_t first = 0; first < num_outputs; first += strip_outputs) {
            const bool is_last = first + strip_outputs == num_outputs;
            const int8_t* const after = is_last ? next.weight : weights + inputs * strip_outputs;
            for (size_t row = 0; row < num_rows; row += rows_at_once) {
                const size_t count = smaller(num_rows - row, rows_at_once);
                products.strip(row, count, weights, layer.offsets.data() + first, sums);
                const Wanted wanted{after, row == 0 && !is_last && count >= least_wanting
                                               ? inputs * strip_outputs
                                               : 0};
                finish_strip(layer, first, step.scales, row, count, sums, sink, wanted);
            }
            weights = after;
        }
    }
};

}  // namespace

}  // namespace neurocomp::network
