// Products of bytes with the dot products of arm64.
#pragma once

#include <arm_neon.h>

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

// The instruction is of signed bytes: activations without their offset, so none is taken off.
struct NeonDot {
    using Vector = int32x4_t;
    using Weights = int8x16_t;
    static constexpr int outputs = 4;

    static NEUROCOMP_INLINE Vector zero() { return vdupq_n_s32(0); }
    static NEUROCOMP_INLINE Vector begin(const int32_t* /*offsets*/) { return zero(); }
    static NEUROCOMP_INLINE Vector add(Vector a, Vector b) { return vaddq_s32(a, b); }
    static NEUROCOMP_INLINE Weights load(const int8_t* from) { return vld1q_s8(from); }
    static NEUROCOMP_INLINE int8x16_t broadcast(const uint8_t* from) {
        uint32_t four;
        std::memcpy(&four, from, sizeof four);
        return vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x80808080));
    }
    static NEUROCOMP_INLINE void store(int32_t* to, Vector sums) { vst1q_s32(to, sums); }
    static NEUROCOMP_INLINE Vector accumulate(Vector sums, int8x16_t inputs, Weights weights) {
        return vdotq_s32(sums, inputs, weights);
    }
};

using NeonProducts = Tiled<NeonDot, Block<4, 4, 1>, Block<2, 8, 1>, Block<1, 8, 1>>;

}  // namespace

}  // namespace neurocomp::products
