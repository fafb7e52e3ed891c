// From logits to sums of weights over the sorted vocabulary, and what a token teaches their bias.
// Included by mixture_impl.hpp only.
#pragma once

#include "language/mixture.hpp"

namespace neurocomp::language {

namespace {

constexpr int bias_shift = 12;          // from the bias's units to those of logits
constexpr int32_t bias_rate = 3 << 18;  // 3 / 16 of an octave
constexpr int32_t bias_limit = 1 << 29;
constexpr int rate_shift = 32;

// 2**(distance / 1024) for a distance of -31 * 1024 .. 0 in units of 2**-29, by a polynomial of degree 3
// that is right to 2**-13.
constexpr NEUROCOMP_INLINE int32_t power_of_2(int32_t distance) {
    const int32_t octaves = -(distance >> 10);
    const int32_t rest = distance & 1023;
    int32_t value = ((82858 * rest) >> 10) + 235400;
    value = ((value * rest) >> 10) + 729785;
    value = ((value * rest) >> 10) + (1 << 20);
    return (value << 9) >> octaves;
}

// Sets the weights of the sorted tokens and the sums of those before each group.
void weigh(Mixture& mixture, const int32_t* NEUROCOMP_RESTRICT given) {
    const int32_t* NEUROCOMP_RESTRICT const bias = mixture.bias.data();
    int32_t* NEUROCOMP_RESTRICT const weights = mixture.weights.data();
    const size_t size = mixture.bias.size();
    int32_t largest = INT32_MIN;
    for (size_t i = 0; i < size; ++i) {
        largest = larger(largest, wrapping_add(given[i], bias[i] >> bias_shift));
    }
    for (size_t i = 0; i < size; ++i) {
        const int32_t logit = wrapping_add(given[i], bias[i] >> bias_shift);
        const int32_t distance = wrapping_subtract(logit, largest);
        weights[i] = power_of_2(smaller(larger(distance, -31 * 1024), 0)) + 1;
    }
    int64_t sum = 0;
    for (size_t group = 0; group + 1 < mixture.sums.size(); ++group) {
        mixture.sums[group] = sum;
        int64_t part = 0;
        for (size_t i = 0; i < group_size; ++i) part += weights[group * group_size + i];
        sum += part;
    }
    mixture.sums.back() = sum;
}

// The sum of the weights before a place.
NEUROCOMP_INLINE int64_t sum_before(const Mixture& mixture, size_t place) {
    const size_t group = place / group_size;
    int64_t sum = mixture.sums[group];
    for (size_t i = group * group_size; i < place; ++i) sum += mixture.weights[i];
    return sum;
}

// Moves the bias along the gradient of the code length of the sorted token `place`.
void learn_token(Mixture& mixture, size_t place) {
    int32_t* NEUROCOMP_RESTRICT const bias = mixture.bias.data();
    const int32_t* NEUROCOMP_RESTRICT const weights = mixture.weights.data();
    const size_t size = mixture.bias.size();
    const auto rate =
        static_cast<uint32_t>((int64_t{bias_rate} << rate_shift) / mixture.sums.back());
    for (size_t i = 0; i < size; ++i) {
        const uint64_t step = static_cast<uint64_t>(static_cast<uint32_t>(weights[i])) * rate;
        const int32_t moved = bias[i] - static_cast<int32_t>(step >> rate_shift);
        bias[i] = larger(moved, -bias_limit);
    }
    bias[place] = smaller(bias[place] + bias_rate, bias_limit);
}

}  // namespace

}  // namespace neurocomp::language
