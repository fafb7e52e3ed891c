// What decodes symbols one by one, whichever the coder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::coding {

class SymbolDecoder {
   public:
    virtual ~SymbolDecoder() = default;

    // Reads a symbol under a table that `is_table` accepts; false where the payload has none.
    virtual bool decode(const int32_t* frequencies, size_t size, int32_t& symbol) = 0;
    // Whether the payload is, byte for byte, what the symbols are coded as.
    virtual bool finish() const = 0;
};

}  // namespace neurocomp::coding
