// The registers of a range coder of whole symbols, as constriction has them.
//
// After any number of symbols the coder stands for an interval of numbers [lower, lower + width) of
// the 64 bits that come after the words already shifted out (G. N. N. Martin, Range encoding, 1979,
// with constriction's choices: 32-bit words, `lower` wraps, width >= 2**32 between symbols).
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::coding {

inline constexpr int word_bits = 32;
inline constexpr size_t word_bytes = 4;

// How a payload ends: its number is lower + distance, and the first `num_bytes` bytes of the 64-bit
// window hold it, for the rest is zero.
struct RegistersEnding {
    uint64_t distance;
    size_t num_bytes;
};

struct Registers {
    static constexpr uint64_t initial_width = UINT64_MAX;

    uint64_t lower = 0;
    uint64_t width = initial_width;
    uint64_t num_words = 0;  // shifted out since the start

    // What one part of 2**24 of the interval is.
    uint64_t scale() const { return width >> exact::total_bits; }

    // Narrows the interval to the share of a symbol, `below` being the sum of the frequencies before
    // its own.  Returns whether a word is to be shifted out.
    bool narrow(uint64_t below, uint64_t frequency) {
        const uint64_t part = scale();
        lower += part * below;
        width = part * frequency;
        return width < uint64_t{1} << word_bits;
    }

    // part >= 2**8 and the frequency is at least 1: one shift restores width >= 2**32.
    void shift() {
        lower <<= word_bits;
        width <<= word_bits;
        ++num_words;
    }

    // Advances by a symbol of so many frequencies that sum to 2**24.
    void follow(size_t symbol, const int32_t* frequencies) {
        const auto below = static_cast<uint64_t>(exact::kernels().sum(frequencies, symbol));
        if (narrow(below, static_cast<uint64_t>(frequencies[symbol]))) shift();
    }

    // The fewest bytes that leave no doubt: all their continuations lie in the interval.  From 1 to
    // 5, or none where nothing was coded.
    RegistersEnding ending() const {
        if (width == initial_width) return {0, 0};
        for (size_t num_bytes = 1;; ++num_bytes) {
            const uint64_t unit = uint64_t{1} << (64 - 8 * num_bytes);
            const uint64_t distance = (0 - lower) & (unit - 1);
            if (unit <= width && distance <= width - unit) return {distance, num_bytes};
        }
    }
};

}  // namespace neurocomp::coding
