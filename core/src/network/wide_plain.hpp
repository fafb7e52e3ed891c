// Arithmetic of network/step_impl.hpp, a number at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/integers.hpp"

namespace neurocomp::network {

namespace {

using neurocomp::larger;
using neurocomp::magnitude;
using neurocomp::smaller;

// `size` numbers modulo 2**32.
struct Ints {
    int32_t value;
    static constexpr size_t size = 1;

    static NEUROCOMP_INLINE Ints all(int32_t value) { return {value}; }
    static NEUROCOMP_INLINE Ints load(const int32_t* from) { return {*from}; }
    static NEUROCOMP_INLINE Ints load(const uint32_t* from) {
        return {static_cast<int32_t>(*from)};
    }
    NEUROCOMP_INLINE void store(int32_t* to) const { *to = value; }
    // Numbers of 0 .. 255.
    NEUROCOMP_INLINE void store_bytes(uint8_t* to) const { *to = static_cast<uint8_t>(value); }
    // Entries of a table.
    NEUROCOMP_INLINE Ints look_up(const int32_t* table) const { return {table[value]}; }
    // The largest, which is not negative.
    NEUROCOMP_INLINE int32_t most() const { return value; }
};

NEUROCOMP_INLINE Ints add(Ints a, Ints b) { return {wrapping_add(a.value, b.value)}; }
NEUROCOMP_INLINE Ints subtract(Ints a, Ints b) { return {wrapping_subtract(a.value, b.value)}; }
NEUROCOMP_INLINE Ints smaller(Ints a, Ints b) { return {smaller(a.value, b.value)}; }
NEUROCOMP_INLINE Ints larger(Ints a, Ints b) { return {larger(a.value, b.value)}; }
NEUROCOMP_INLINE Ints magnitude(Ints a) { return {magnitude(a.value)}; }
// |a| < 2**29.
NEUROCOMP_INLINE Ints times_four(Ints a) { return {a.value * 4}; }
// `a` where `value` is at least `least`, elsewhere `b`.
NEUROCOMP_INLINE Ints where_at_least(Ints value, Ints least, Ints a, Ints b) {
    return value.value >= least.value ? a : b;
}

// As many numbers modulo 2**64.
struct Wide {
    uint64_t value;

    static NEUROCOMP_INLINE Wide all(int64_t value) { return {static_cast<uint64_t>(value)}; }
    // Numbers whose low halves are these; their high halves may be anything.
    static NEUROCOMP_INLINE Wide with_low(Ints low) { return {static_cast<uint32_t>(low.value)}; }
    NEUROCOMP_INLINE Ints low() const {
        return {static_cast<int32_t>(static_cast<uint32_t>(value))};
    }
    NEUROCOMP_INLINE uint64_t sum() const { return value; }
};

NEUROCOMP_INLINE Wide add(Wide a, Wide b) { return {a.value + b.value}; }
NEUROCOMP_INLINE Wide subtract(Wide a, Wide b) { return {a.value - b.value}; }
// Products of their low halves, taken as signed or as unsigned numbers of 32 bits.
NEUROCOMP_INLINE Wide multiply_signed(Wide a, Wide b) {
    return Wide::all(int64_t{a.low().value} * b.low().value);
}
NEUROCOMP_INLINE Wide multiply_unsigned(Wide a, Wide b) {
    return {(a.value & 0xFFFFFFFF) * (b.value & 0xFFFFFFFF)};
}
// Shifts; 0 <= bits < 64.
NEUROCOMP_INLINE Wide shift_left(Wide a, int bits) { return {a.value << bits}; }
NEUROCOMP_INLINE Wide shift_right(Wide a, int bits) { return {a.value >> bits}; }
// The same of signed numbers of -2**62 and more.
NEUROCOMP_INLINE Wide shift_right_signed(Wide a, int bits) {
    return Wide::all(static_cast<int64_t>(a.value) >> bits);
}
// Their high halves as low ones, beside anything; and their low halves as high ones, beside zeros.
NEUROCOMP_INLINE Wide high_as_low(Wide a) { return {a.value >> 32}; }
NEUROCOMP_INLINE Wide low_as_high(Wide a) { return {a.value << 32}; }
// Signed numbers within [-limit, limit].
NEUROCOMP_INLINE Wide clamp_wide(Wide a, int64_t limit) {
    return Wide::all(clamp(static_cast<int64_t>(a.value), limit));
}

}  // namespace

}  // namespace neurocomp::network
