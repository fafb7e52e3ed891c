// Integers of 7 bits a byte, the least significant first, as frames have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "weights/error.hpp"

namespace neurocomp::weights {

inline void put_varint(std::vector<uint8_t>& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
    out.push_back(static_cast<uint8_t>(value));
}

// Takes values off the beginning of bytes.  Throws BadModel where they end too early.
class VarintReader {
   public:
    explicit VarintReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    // The next value, of least .. most.
    uint64_t take(uint64_t least, uint64_t most) {
        uint64_t value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            if (bytes_.empty()) throw BadModel("packed integers are cut short");
            const uint8_t byte = bytes_.front();
            bytes_ = bytes_.subspan(1);
            value |= uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) {
                if (value < least || value > most) break;
                return value;
            }
        }
        throw BadModel("a number of packed integers is out of range");
    }
    std::span<const uint8_t> take_bytes(size_t count) {
        if (bytes_.size() < count) throw BadModel("packed integers are cut short");
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }
    std::span<const uint8_t> rest() const { return bytes_; }

   private:
    std::span<const uint8_t> bytes_;
};

}  // namespace neurocomp::weights
