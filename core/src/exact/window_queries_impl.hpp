// Queries over a sliding window, whichever way its keys and values lie: their scales, and the slots
// that they see.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::exact {

namespace {

// Slots that a position sees: the sinks, then two stretches of the others.
struct Stretch {
    size_t first;
    size_t length;
};

NEUROCOMP_INLINE size_t find_visible(const Window& window, size_t position, Stretch (&out)[3]) {
    const size_t seen_sinks = smaller(position + 1, window.num_sinks);
    out[0] = {0, seen_sinks};
    if (position < window.num_sinks) return 1;
    const size_t num_others = smaller(position + 1, window.length) - window.num_sinks;
    const size_t ring = window.num_slots - window.num_sinks;
    const size_t end = (position - window.num_sinks) % ring + 1;
    if (num_others <= end) {
        out[1] = {window.num_sinks + end - num_others, num_others};
        return 2;
    }
    const size_t rest = num_others - end;
    out[1] = {window.num_sinks + ring - rest, rest};
    out[2] = {window.num_sinks, end};
    return 3;
}

// Quantises both rotations of a query by one scale.
NEUROCOMP_INLINE RowScale quantise_queries(const int32_t* near, const int32_t* far, size_t width,
                                           int64_t limit, int16_t* out_near, int16_t* out_far) {
    constexpr int64_t half = int64_t{1} << (reciprocal_bits - 1);
    int64_t largest = 0;
    for (size_t i = 0; i < width; ++i) {
        const int64_t a = near[i], b = far[i];
        largest = larger(largest, larger(larger(a, -a), larger(b, -b)));
    }
    const RowScale scale = row_scale(largest);
    const int64_t reciprocal = (limit << reciprocal_bits) / (scale.mantissa << scale.exponent);
    for (size_t i = 0; i < width; ++i) {
        const int64_t a = near[i], b = far[i];
        out_near[i] = static_cast<int16_t>((a * reciprocal + half) >> reciprocal_bits);
        out_far[i] = static_cast<int16_t>((b * reciprocal + half) >> reciprocal_bits);
    }
    return scale;
}

// What one query makes of its scores: factors of values, and how sums of these are brought back.
struct Mix {
    int64_t reciprocal;
    int shift;
};

}  // namespace

}  // namespace neurocomp::exact
