// From weights and logits to the table that a coder reads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

// Turns weights into frequencies: out[i] = 1 + weights[i] * (TOTAL - V) / sum, rounded down; what is
// left over goes to the first symbol of the largest weight.  0 <= weights < 2**38, a positive sum,
// 1 <= V <= max_alphabet_size.
//
// The division is done by a reciprocal, r = (spread << 38) / total: as no weight exceeds 2**38 or
// the total, weight * r is below 2**62, and weight * r >> 38 is the quotient or one less, which
// comparing the remainder settles.
void quantise_row(const int64_t* weights, size_t size, int32_t* out) {
    int64_t total = 0;
    int64_t largest = weights[0];
    for (size_t i = 0; i < size; ++i) {
        total = add(total, weights[i]);
        largest = larger(largest, weights[i]);
    }
    size_t best = 0;
    while (weights[best] != largest) ++best;
    total = larger(total, int64_t{1});
    const int64_t spread = total_frequency - static_cast<int64_t>(size);
    const int64_t reciprocal = (spread << weight_bits) / total;
    int32_t used = 0;
    for (size_t i = 0; i < size; ++i) {
        const int64_t weight = weights[i];
        const int64_t quotient = multiply(weight, reciprocal) >> weight_bits;
        const int64_t rest = subtract(multiply(weight, spread), multiply(quotient, total));
        const int32_t frequency = narrow(quotient + (rest >= total ? 2 : 1));
        out[i] = frequency;
        used = wrapping_add(used, frequency);
    }
    const int32_t missing = wrapping_subtract(static_cast<int32_t>(total_frequency), used);
    out[best] = wrapping_add(out[best], missing);
}

// Turns logits to base 2, in units of 2**-10, into frequencies.  The weight of a symbol is
// exp2[d % 1024] >> (d >> 10), d being the distance of its logit to the largest; weights of at most
// 2**30 sum to 2**30 or more, so that r = (spread << 38) / total < 2**32.
void frequencies_of_logits(const int32_t* logits, size_t size, const int32_t* exp2, int32_t* out) {
    int32_t largest = logits[0];
    for (size_t i = 0; i < size; ++i) largest = larger(largest, logits[i]);
    size_t best = 0;
    while (logits[best] != largest) ++best;
    int64_t total = 0;
    for (size_t i = 0; i < size; ++i) {
        // The distance is below 2**32, whatever the logits.
        const uint32_t distance = static_cast<uint32_t>(largest) - static_cast<uint32_t>(logits[i]);
        const uint32_t octaves = smaller(distance >> exp2_bits, uint32_t{exp2_table_bits + 1});
        const int32_t weight = exp2[distance & (exp2_size - 1)] >> octaves;
        out[i] = weight;
        total += weight;
    }
    total = larger(total, int64_t{1});
    const auto spread = static_cast<uint32_t>(total_frequency - static_cast<int64_t>(size));
    const auto reciprocal = static_cast<uint32_t>((static_cast<uint64_t>(spread) << weight_bits) /
                                                  static_cast<uint64_t>(total));
    const auto divisor = static_cast<uint64_t>(total);
    const uint64_t low_divisor = divisor & 0xFFFFFFFF;
    const uint64_t high_divisor = divisor >> 32;
    int32_t used = 0;
    for (size_t i = 0; i < size; ++i) {
        const auto weight = static_cast<uint32_t>(out[i]);
        const auto quotient =
            static_cast<uint32_t>(uint64_t{weight} * uint64_t{reciprocal} >> weight_bits);
        const uint64_t taken =
            uint64_t{quotient} * low_divisor + (uint64_t{quotient} * high_divisor << 32);
        const uint64_t rest = uint64_t{weight} * uint64_t{spread} - taken;
        // The rest is below 2 * total <= 2**51.
        const auto more = static_cast<uint32_t>(1 - ((rest - divisor) >> 63));
        const auto frequency = static_cast<int32_t>(1 + quotient + more);
        out[i] = frequency;
        used = wrapping_add(used, frequency);
    }
    const int32_t missing = wrapping_subtract(static_cast<int32_t>(total_frequency), used);
    out[best] = wrapping_add(out[best], missing);
}

// Adds shares * mass >> shift to weights.
void add_shares(const int32_t* shares, size_t size, int64_t mass, int shift, int64_t* weights) {
    for (size_t i = 0; i < size; ++i) {
        weights[i] = add(weights[i], multiply(mass, int64_t{shares[i]}) >> shift);
    }
}

int64_t sum(const int32_t* values, size_t size) {
    int64_t total = 0;
    for (size_t i = 0; i < size; ++i) total += values[i];
    return total;
}

// The smallest of `size` >= 1 values.
int32_t minimum(const int32_t* values, size_t size) {
    int32_t least = values[0];
    for (size_t i = 1; i < size; ++i) least = smaller(least, values[i]);
    return least;
}

int64_t count_equal(const uint8_t* values, size_t size, uint8_t wanted) {
    int64_t count = 0;
    for (size_t i = 0; i < size; ++i) count += values[i] == wanted ? 1 : 0;
    return count;
}

}  // namespace

}  // namespace neurocomp::exact
