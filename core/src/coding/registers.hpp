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

struct Registers {
    uint64_t lower = 0;
    uint64_t width = UINT64_MAX;
    uint64_t num_words = 0;  // shifted out since the start

    // Advances by a symbol of so many frequencies that sum to 2**24.
    void follow(size_t symbol, const int32_t* frequencies) {
        const auto below = static_cast<uint64_t>(exact::kernels().sum(frequencies, symbol));
        const uint64_t scale = width >> exact::total_bits;
        lower += scale * below;
        width = scale * static_cast<uint64_t>(frequencies[symbol]);
        if (width < uint64_t{1} << 32) {
            // scale >= 2**8 and the frequency is at least 1: one shift restores width >= 2**32.
            lower <<= 32;
            width <<= 32;
            ++num_words;
        }
    }
};

}  // namespace neurocomp::coding
