// The range decoder of stored integers' classes: what constriction's RangeDecoder makes of 32-bit
// words, a 64-bit state and frequencies of 24 bits (R. Bamler, Understanding Entropy Coding With
// Asymmetric Numeral Systems, 2022), without a division a symbol where there are few classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coding/frequencies.hpp"

namespace neurocomp::coding {

class ClassDecoder {
   public:
    // `frequencies` sum to 2**24, each is at least 1; there are 2 to 65,535 of them.
    ClassDecoder(std::span<const uint32_t> words, std::span<const int32_t> frequencies)
        : words_(words), sums_(1, 0) {
        for (const int32_t one : frequencies) {
            sums_.push_back(sums_.back() + static_cast<uint64_t>(one));
        }
        point_ = next_word() << 32;
        point_ |= next_word();
        if (frequencies.size() > few) {
            size_t symbol = 0;
            for (size_t i = 0; i < first_.size(); ++i) {
                while (sums_[symbol + 1] <= i << place_bits) ++symbol;
                first_[i] = static_cast<uint16_t>(symbol);
            }
        }
    }

    // Sets `symbol` to the next one; false where no encoder writes these words.
    bool decode(size_t& symbol) {
        const uint64_t scale = range_ >> total_bits;
        const uint64_t distance = point_ - lower_;
        if (distance >= scale << total_bits) return false;
        const size_t num_symbols = sums_.size() - 1;
        size_t found = 0;
        if (num_symbols <= few) {
            for (size_t i = 1; i < num_symbols; ++i) {
                found += distance >= scale * sums_[i] ? 1 : 0;
            }
        } else {
            const uint64_t quantile = distance / scale;
            found = first_[quantile >> place_bits];
            while (sums_[found + 1] <= quantile) ++found;
        }
        lower_ += scale * sums_[found];
        range_ = scale * (sums_[found + 1] - sums_[found]);
        if (range_ >> 32 == 0) {
            lower_ <<= 32;
            range_ <<= 32;
            point_ = point_ << 32 | next_word();
        }
        symbol = found;
        return true;
    }

   private:
    static constexpr int total_bits = 24;
    static constexpr int place_bits = 12;  // of a quantile, that a place in `first_` leaves open
    static constexpr size_t few = 8;

    // Beyond the last one there are zeros.
    uint64_t next_word() { return position_ < words_.size() ? words_[position_++] : 0; }

    std::span<const uint32_t> words_;
    size_t position_ = 0;
    std::vector<uint64_t> sums_;   // of the frequencies before each symbol
    std::vector<uint16_t> first_ = std::vector<uint16_t>(size_t{1} << (total_bits - place_bits));
    uint64_t lower_ = 0;           // modulo 2**64
    uint64_t range_ = UINT64_MAX;  // at least 2**32 between symbols
    uint64_t point_ = 0;
};

}  // namespace neurocomp::coding
