// Huffman coding with a fresh canonical code for every symbol.
//
// Payload: the codes, most significant bit first, and zero bits up to the next byte.  For a given
// number of symbols no payload is a prefix of another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coding/code_lengths.hpp"
#include "coding/symbols.hpp"

namespace neurocomp::coding {

class HuffmanEncoder {
   public:
    // Appends a symbol < size under `size` frequencies that `is_table` accepts.
    // Throws std::bad_alloc.
    void encode(size_t symbol, const int32_t* frequencies, size_t size);

    // All whole bytes and the begun one.
    const std::vector<uint8_t>& payload() const { return payload_; }

   private:
    std::vector<uint8_t> payload_;
    int free_bits_ = 0;  // of the last byte
    CodeLengths code_;
};

class HuffmanDecoder final : public SymbolDecoder {
   public:
    explicit HuffmanDecoder(std::vector<uint8_t> payload)
        : payload_(static_cast<std::vector<uint8_t>&&>(payload)) {}

    bool decode(const int32_t* frequencies, size_t size, int32_t& symbol) override;
    bool finish() const override;

    size_t num_bits() const { return num_bits_; }
    const std::vector<uint8_t>& payload() const { return payload_; }

   private:
    std::vector<uint8_t> payload_;
    size_t num_bits_ = 0;  // read so far
    CodeLengths code_;
};

}  // namespace neurocomp::coding
