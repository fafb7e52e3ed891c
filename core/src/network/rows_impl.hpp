// Rows of a network's stream as a layer's inputs.  Included by step_impl.hpp only.
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

// Which row of a table of hashed n-grams: its first bits of a hash (D. Knuth, The Art of Computer
// Programming 3, 6.4) of the n latest bytes.
constexpr uint32_t hash_factor = 0x9E3779B1;

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
        return add(shift_left(multiply_signed(other, high), low_bits), multiply_signed(other, low));
    }
};

NEUROCOMP_INLINE int32_t largest_magnitude(const int32_t* values, size_t width) {
    Ints largest = Ints::all(0);
    size_t k = 0;
    for (; k + Ints::size <= width; k += Ints::size) {
        largest = larger(largest, magnitude(Ints::load(values + k)));
    }
    int32_t most = largest.most();
    for (; k < width; ++k) most = larger(most, magnitude(values[k]));
    return most;
}

// Writes values (width,) as bytes: integers up to 127 in magnitude, with their offset.
NEUROCOMP_INLINE RowScale narrow_row(const int32_t* NEUROCOMP_RESTRICT values, size_t width,
                                     uint8_t* NEUROCOMP_RESTRICT out) {
    const int32_t most = largest_magnitude(values, width);
    const int exponent = larger(bit_length(static_cast<uint64_t>(most)) - row_mantissa_bits, 0);
    const int64_t mantissa = (int64_t{most} >> exponent) + 1;
    const int64_t reciprocal = (narrow_limit << reciprocal_bits) / (mantissa << exponent);
    // The offset makes the sum positive, and is wanted.
    const Wide offset =
        Wide::all((int64_t{activation_offset} << reciprocal_bits) + half_of(reciprocal_bits));
    const Factor factor(reciprocal);
    size_t k = 0;
    for (; k + Ints::size <= width; k += Ints::size) {
        const Wide scaled = factor.times(Wide::with_low(Ints::load(values + k)));
        shift_right(add(scaled, offset), reciprocal_bits).low().store_bytes(out + k);
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
    for (; k + Ints::size <= width; k += Ints::size) {
        const Wide value = Wide::with_low(Ints::load(values + k));
        sum = add(sum, multiply_signed(value, value));
    }
    auto total = static_cast<int64_t>(sum.sum());
    for (; k < width; ++k) total += int64_t{values[k]} * values[k];
    return total;
}

// Does the same for values divided by their root mean square.
NEUROCOMP_INLINE RowScale normal_row(const int32_t* values, size_t width, int64_t epsilon,
                                     uint8_t* out) {
    const RowScale scale = narrow_row(values, width, out);
    const int64_t square = epsilon + sum_of_squares(values, width);  // below 2**62
    const int doublings = (62 - bit_length(static_cast<uint64_t>(square))) / 2;
    const int64_t root = integer_root(square << (2 * doublings));
    const int64_t quotient = (scale.mantissa << reciprocal_bits) / root;
    const int excess = larger(bit_length(static_cast<uint64_t>(quotient)) - row_mantissa_bits, 0);
    return {(quotient + half_of(excess)) >> excess,
            scale.exponent + doublings + excess - reciprocal_bits};
}

}  // namespace

}  // namespace neurocomp::network
