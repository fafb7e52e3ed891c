// 64-bit arithmetic of network/step_impl.hpp, a number at a time.
#pragma once

#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::network {

namespace {

// Numbers modulo 2**64.
struct Wide {
    uint64_t value;
    static constexpr int size = 1;

    static NEUROCOMP_INLINE Wide all(int64_t value) { return {static_cast<uint64_t>(value)}; }
    static NEUROCOMP_INLINE Wide from_signed(const int32_t* from) { return all(*from); }
    static NEUROCOMP_INLINE Wide from_unsigned(const uint32_t* from) { return {*from}; }
    // Their low halves.
    NEUROCOMP_INLINE void store_low(int32_t* to) const {
        *to = static_cast<int32_t>(static_cast<uint32_t>(value));
    }
    // Numbers of 0 .. 255.
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const { *to = static_cast<uint8_t>(value); }
    NEUROCOMP_INLINE uint64_t sum() const { return value; }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) { return {a.value + b.value}; }
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) { return {a.value - b.value}; }
// Products of their low halves, taken as signed or as unsigned numbers of 32 bits.
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return Wide::all(int64_t{static_cast<int32_t>(static_cast<uint32_t>(a.value))} *
                     static_cast<int32_t>(static_cast<uint32_t>(b.value)));
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {(a.value & 0xFFFFFFFF) * (b.value & 0xFFFFFFFF)};
}
// Logical shifts; 0 <= bits < 64.
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) { return {a.value << bits}; }
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) { return {a.value >> bits}; }
// Signed numbers within [-limit, limit].
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    const auto value = static_cast<int64_t>(a.value);
    return Wide::all(value > limit ? limit : value < -limit ? -limit : value);
}

}  // namespace

}  // namespace neurocomp::network
