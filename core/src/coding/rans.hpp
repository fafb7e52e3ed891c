// Asymmetric numeral systems (J. Duda, arXiv:1311.2540) in the range variant, of symbols of one byte
// under one table: eight states take turns (F. Giesen, arXiv:1402.3392), so that a processor works on
// eight symbols at once.
//
// Symbol i belongs to state i modulo 8.  A payload has the eight states as a decoder begins with
// them, 32 bits each, then words of 16 bits in the order in which the decoder takes them; all
// little-endian.  A decoder ends with every state at 2**16, and without words left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neurocomp::coding {

inline constexpr size_t rans_states = 8;
inline constexpr size_t rans_symbols = 256;  // of an alphabet at most
inline constexpr int max_rans_bits = 14;

class RansTable {
   public:
    // Of 2 to 256 symbols; frequencies are at least 1 and sum to 2**bits, bits <= 14.
    RansTable(std::span<const uint32_t> frequencies, int bits);

    // Returns the payload of symbols that the table has.
    std::vector<uint8_t> encode(std::span<const uint8_t> symbols) const;
    // Fills `symbols`; false where the payload is not what an encoder writes.
    bool decode(std::span<const uint8_t> payload, std::span<uint8_t> symbols) const;

   private:
    struct Share {
        uint16_t frequency;
        uint16_t start;  // the sum of those before it
    };

    int bits_;
    std::array<Share, rans_symbols> shares_{};
    std::vector<uint8_t> symbols_;  // by place: 0 .. 2**bits - 1
};

// Frequencies that sum to 2**bits, at least 1 each, near the shares of `counts`, of which there are
// 2 to 2**(bits - 2).  Counts are positive and sum to less than 2**48.
std::vector<uint32_t> rans_frequencies(std::span<const uint64_t> counts, int bits);

}  // namespace neurocomp::coding
