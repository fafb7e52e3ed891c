// Sums of products as a layer's outputs: `neurocomp.exact.layers.Linear`.  Included by step_impl.hpp
// only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"
#include "base/prefetch.hpp"
#include "network/batch.hpp"

namespace neurocomp::network {

namespace {

constexpr int most_away = 62;  // scaled sums are below 2**62
constexpr int output_bits = 12;

// Outputs go into rows `stride` apart, as they are,
struct Keep {
    int32_t* rows;
    size_t stride;

    NEUROCOMP_INLINE void operator()(size_t row, size_t place, Ints outputs) const {
        outputs.store(rows + row * stride + place);
    }
};

// or as the squares of what is positive, in units of 2**-12,
struct KeepSquares {
    int32_t* rows;
    size_t stride;

    NEUROCOMP_INLINE void operator()(size_t row, size_t place, Ints outputs) const {
        const Wide positive =
            Wide::with_low(larger(Ints::all(0), smaller(Ints::all(square_limit), outputs)));
        const Wide square = multiply_signed(positive, positive);
        shift_right(add(square, Wide::all(half_of(output_bits))), output_bits)
            .low()
            .store(rows + row * stride + place);
    }
};

// or are added to the stream, whose rows have no room for more than its width.
struct AddToStream {
    int32_t* rows;
    size_t width;

    NEUROCOMP_INLINE void operator()(size_t row, size_t place, Ints outputs) const {
        int32_t* const to = rows + row * width + place;
        if (place + Ints::size <= width) {
            const Ints sum = add(Ints::load(to), outputs);
            larger(Ints::all(-residual_limit), smaller(Ints::all(residual_limit), sum)).store(to);
            return;
        }
        int32_t values[Ints::size];
        outputs.store(values);
        for (size_t n = 0; place + n < width; ++n) to[n] = clamp(to[n] + values[n], residual_limit);
    }
};

// How a layer rounds a row.
NEUROCOMP_INLINE void set_rounding(const Layer& layer, RowScale& scale) {
    scale.away = smaller(layer.shift - scale.exponent, most_away);
    scale.half = half_of(scale.away);
    scale.fits = (layer.reach * scale.mantissa + scale.half) >> scale.away <= layer.margin;
}

// Sums times a row's mantissa and multipliers, rounded; results fit 32 bits.
NEUROCOMP_INLINE Ints scaled(Ints sums, const RowScale& scale, Wide multiplier) {
    const Wide total = multiply_signed(Wide::with_low(sums), Wide::all(scale.mantissa));
    const Wide product = add(multiply_unsigned(total, multiplier),
                             low_as_high(multiply_unsigned(high_as_low(total), multiplier)));
    return shift_right_signed(add(product, Wide::all(scale.half)), scale.away).low();
}

// The same with its bias, where results may need more bits before they are clamped.
NEUROCOMP_INLINE Ints scaled_and_clamped(const int32_t* sums, const RowScale& scale,
                                         const uint32_t* multiplier, const int32_t* bias,
                                         int32_t clip) {
    int32_t values[Ints::size];
    for (size_t n = 0; n < Ints::size; ++n) {
        const int64_t total = sums[n] * scale.mantissa * int64_t{multiplier[n]};
        const int64_t value = ((total + scale.half) >> scale.away) + bias[n];
        values[n] = static_cast<int32_t>(clamp<int64_t>(value, clip));
    }
    return Ints::load(values);
}

// Weights that are wanted next, of which a line is asked for now and then.
struct Wanted {
    const int8_t* at;
    size_t num_bytes;

    // Asks for the part that falls to one of `num_parts`.
    NEUROCOMP_INLINE void ask(size_t part, size_t num_parts) const {
        constexpr size_t line = 64;
        const size_t size = num_bytes / num_parts;
        for (size_t i = part * size; i < (part + 1) * size; i += line)
            NEUROCOMP_PREFETCH(at + i, 0);
    }
};

// Makes outputs of a strip's sums, from the output `first` on, for rows from `row` on.
template <typename Sink>
NEUROCOMP_INLINE void finish_strip(const Layer& layer, size_t first, const RowScale* scales,
                                   size_t row, size_t count, const int32_t* sums, Sink sink,
                                   Wanted wanted) {
    const size_t num_parts = count * (strip_outputs / Ints::size);
    size_t part = 0;
    for (size_t n = 0; n < strip_outputs; n += Ints::size) {
        const uint32_t* const multiplier = layer.multiplier.data() + first + n;
        const int32_t* const bias = layer.bias.data() + first + n;
        const Wide multipliers = Wide::with_low(Ints::load(multiplier));
        const Ints biases = Ints::load(bias);
        const Ints most = Ints::all(layer.clip);
        const Ints least = Ints::all(-layer.clip);
        for (size_t m = 0; m < count; ++m) {
            const RowScale& scale = scales[row + m];
            const int32_t* const from = sums + m * strip_outputs + n;
            wanted.ask(part++, num_parts);
            Ints outputs;
            if (scale.fits) {
                outputs = add(scaled(Ints::load(from), scale, multipliers), biases);
                outputs = larger(least, smaller(most, outputs));
            } else {
                outputs = scaled_and_clamped(from, scale, multiplier, bias, layer.clip);
            }
            sink(row + m, first + n, outputs);
        }
    }
}

}  // namespace

}  // namespace neurocomp::network
