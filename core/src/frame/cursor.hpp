// Fields of a frame, read from the bytes that have come so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/constants.hpp"
#include "frame/checksums.hpp"
#include "frame/errors.hpp"

namespace neurocomp::frame {

using namespace neurocomp::format;

// Reads one unit, a header or a block's head.  Where bytes are missing it says so, and what it
// returned counts for nothing: the unit is read again when `needed` bytes of it are there.
class Cursor {
   public:
    explicit Cursor(Bytes data) : data_(data) {}

    bool is_short() const { return needed_ > 0; }
    size_t needed() const { return needed_; }
    size_t offset() const { return at_; }
    Bytes read_so_far() const { return data_.first(at_); }

    // Nothing where bytes are missing.
    Bytes take(size_t count) {
        if (is_short() || count > data_.size() - at_) {
            if (!is_short()) needed_ = at_ + count;
            return {};
        }
        at_ += count;
        return data_.subspan(at_ - count, count);
    }

    unsigned byte() {
        const Bytes one = take(1);
        return one.empty() ? 0 : one[0];
    }

    uint32_t word() {
        uint32_t value = 0;
        const Bytes four = take(4);
        for (size_t i = 0; i < four.size(); ++i) value |= uint32_t{four[i]} << (8 * i);
        return value;
    }

    // The integer `what` of low .. high in its shortest encoding; `low` where bytes are missing.
    // Throws Error where it is something else.
    uint64_t varint(const char* what, uint64_t low, uint64_t high) {
        uint64_t value = 0;
        for (size_t i = 0; i < max_varint_bytes; ++i) {
            const unsigned next = byte();
            if (is_short()) return low;
            value |= uint64_t{next & 0x7F} << (7 * i);
            if (next >= 0x80) continue;
            if (next == 0 && i > 0) {
                fail(Fault::format, std::string(what) + " is not in its shortest form");
            }
            if (value < low || value > high) {
                fail(Fault::format, std::string(what) + " is " + std::to_string(value) +
                                        ", allowed are " + std::to_string(low) + " to " +
                                        std::to_string(high));
            }
            return value;
        }
        fail(Fault::format,
             std::string(what) + " is longer than " + std::to_string(max_varint_bytes) + " bytes");
    }

   private:
    Bytes data_;
    size_t at_ = 0;
    size_t needed_ = 0;
};

}  // namespace neurocomp::frame
