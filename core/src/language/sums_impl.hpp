// From logits to sums of weights over the sorted vocabulary, and what a token teaches their bias.
// Included by mixture_impl.hpp only.
#pragma once

#include "language/mixture.hpp"

namespace neurocomp::language {

namespace {

constexpr int bias_shift = 12;        // from the bias's units to those of logits
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

// Sets the weights of the sorted tokens and the sums of those before each.
void weigh(Mixture& mixture, const int32_t* NEUROCOMP_RESTRICT given) {
    const int32_t* NEUROCOMP_RESTRICT const bias = mixture.bias.data();
    int32_t* NEUROCOMP_RESTRICT const logits = mixture.logits.data();
    int32_t* NEUROCOMP_RESTRICT const weights = mixture.weights.data();
    int64_t* NEUROCOMP_RESTRICT const sums = mixture.sums.data();
    const size_t size = mixture.weights.size();
    int32_t largest = INT32_MIN;
    for (size_t i = 0; i < size; ++i) {
        logits[i] = wrapping_add(given[i], bias[i] >> bias_shift);
        largest = larger(largest, logits[i]);
    }
    for (size_t i = 0; i < size; ++i) {
        const int32_t distance = wrapping_subtract(logits[i], largest);
        weights[i] = power_of_2(smaller(larger(distance, -31 * 1024), 0)) + 1;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sums[i] = sum;
        sum += weights[i];
    }
    sums[size] = sum;
}

// Moves the bias along the gradient of the code length of the sorted token `place`.
void learn_token(Mixture& mixture, size_t place) {
    int32_t* NEUROCOMP_RESTRICT const bias = mixture.bias.data();
    const int32_t* NEUROCOMP_RESTRICT const weights = mixture.weights.data();
    const size_t size = mixture.weights.size();
    const auto rate = static_cast<uint32_t>((int64_t{bias_rate} << rate_shift) / mixture.sums[size]);
    for (size_t i = 0; i < size; ++i) {
        const uint64_t step = static_cast<uint64_t>(static_cast<uint32_t>(weights[i])) * rate;
        const int32_t moved = bias[i] - static_cast<int32_t>(step >> rate_shift);
        bias[i] = larger(moved, -bias_limit);
    }
    bias[place] = smaller(bias[place] + bias_rate, bias_limit);
}

}  // namespace

}  // namespace neurocomp::language
