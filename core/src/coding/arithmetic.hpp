// Arithmetic coding of whole symbols by a range coder: docs/format.md, 5.1.
//
// Payload: the coder's number as a big-endian byte string, in the fewest bytes all of whose
// continuations lie in the interval, so that no payload is a prefix of another of as many symbols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coding/registers.hpp"
#include "coding/symbols.hpp"

namespace neurocomp::coding {

class ArithmeticEncoder {
   public:
    // Appends a symbol < size under a table that `is_table` accepts.  Throws std::bad_alloc.
    void encode(size_t symbol, const int32_t* frequencies, size_t size);
    // The whole payload, after which no symbol may follow.  Throws std::bad_alloc.
    std::vector<uint8_t> finish();

   private:
    void carry();

    Registers registers_;
    std::vector<uint8_t> written_;
};

class ArithmeticDecoder final : public SymbolDecoder {
   public:
    // The payload is to outlive this.
    explicit ArithmeticDecoder(std::span<const uint8_t> payload);

    bool decode(const int32_t* frequencies, size_t size, int32_t& symbol) override;
    bool finish() const override;

   private:
    uint64_t word(size_t number) const;

    std::span<const uint8_t> payload_;
    Registers registers_;
    uint64_t window_;  // the payload's 64 bits that the registers are about
};

}  // namespace neurocomp::coding
