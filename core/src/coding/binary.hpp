// Binary arithmetic coder, to be inlined into the kernels of binary models.
//
// Decisions have a probability p of a one in units of 2**-16, 1 <= p <= 65535.  The interval
// [low, low + width) splits at width * p >> 16, ones below.  As width stays in [2**32, 2**48] the
// product fits 64 bits and the split is off by less than 2**-32 of the width, so that even
// decisions of probability 65535 / 65536 cost what they should.  Two bytes are shifted out at a
// time, and a carry goes straight back into the bytes already written: nobody has seen them yet.
//
// Payload: the number as a big-endian byte string, cut to the fewest bytes all of whose
// continuations lie in the interval.  For a given number of decisions no payload is a prefix of
// another.
//
// G. N. N. Martin, Range encoding, 1979; I. H. Witten, R. M. Neal, J. G. Cleary, Arithmetic coding
// for data compression, 1987.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"

namespace neurocomp::coding {

inline constexpr int window_bits = 48;
inline constexpr size_t window_bytes = 6;
inline constexpr uint64_t initial_width = uint64_t{1} << window_bits;
inline constexpr uint64_t min_width = uint64_t{1} << 32;

// A width's part p, in units of 2**-22: between 0 and the width.
inline constexpr int fine_bits = 22;
constexpr NEUROCOMP_INLINE uint64_t fine_part(uint64_t width, uint32_t p) {
    return ((width >> 8) * p) >> (fine_bits - 8);
}

// The fewest bytes that name numbers of the interval only, and how far beyond `low` these begin:
// low + distance is a multiple of 2**(48 - 8 * num_bytes), and one more of these is still within.
// As width >= 2**32, three bytes are always enough.
struct Ending {
    size_t num_bytes;
    uint64_t distance;
};

constexpr NEUROCOMP_INLINE Ending ending_of(uint64_t low, uint64_t width) {
    uint64_t unit = initial_width;
    for (size_t num_bytes = 0;; ++num_bytes) {
        const uint64_t distance = (uint64_t{0} - low) & (unit - 1);
        if (distance + unit <= width) return {num_bytes, distance};
        unit >>= 8;
    }
}

// Writes decisions to a buffer; what does not fit is dropped: see is_spent.
// Between decisions low + width <= 2**49; bit 48 of low is a carry not yet passed on.
class Encoder {
   public:
    Encoder(uint8_t* payload, size_t capacity) : payload_(payload), capacity_(capacity) {}

    NEUROCOMP_INLINE int code(uint32_t p, int bit) {
        const uint64_t ones = (width_ * p) >> 16;
        // Data decide the bit, so no branch would be foreseen: both sides are selections.
        low_ += bit != 0 ? 0 : ones;
        width_ = bit != 0 ? ones : width_ - ones;
        if (width_ < min_width) {
            width_ <<= 16;  // it was 2**32 / 2**16 at least: one shift restores the invariant
            shift_out();
        }
        return bit;
    }

    // The same with p in units of 2**-22, 1 <= p < 2**22: width * p may leave 2**10, two shifts away.
    NEUROCOMP_INLINE int code_fine(uint32_t p, int bit) {
        const uint64_t ones = fine_part(width_, p);
        low_ += bit != 0 ? 0 : ones;
        width_ = bit != 0 ? ones : width_ - ones;
        while (width_ < min_width) {
            width_ <<= 16;
            shift_out();
        }
        return bit;
    }

    // What is left of the interval: 8 * num_written() + 48 - log2(width()) bits are spent.
    uint64_t width() const { return width_; }

    // Whether bytes were dropped for want of room: the payload is lost.
    NEUROCOMP_INLINE bool is_spent() const { return position_ > capacity_; }

    // Bytes so far.
    size_t num_written() const { return position_; }

    // Writes the last bytes and sets `size` to the payload's; false where there is no room.
    bool finish(size_t& size) {
        if (is_spent()) return false;
        const Ending ending = ending_of(low_, width_);
        if (ending.num_bytes > capacity_ - position_) return false;
        const uint64_t number = low_ + ending.distance;
        if (number >> window_bits != 0) carry();
        for (size_t i = 0; i < ending.num_bytes; ++i) {
            payload_[position_ + i] = static_cast<uint8_t>(number >> (40 - 8 * i));
        }
        size = position_ + ending.num_bytes;
        return true;
    }

   private:
    NEUROCOMP_INLINE void shift_out() {
        if (position_ + 2 <= capacity_) {
            if (low_ >> window_bits != 0) carry();
            payload_[position_] = static_cast<uint8_t>(low_ >> 40);
            payload_[position_ + 1] = static_cast<uint8_t>(low_ >> 32);
            position_ += 2;
        } else {
            position_ = capacity_ + 1;
        }
        low_ = (low_ & 0xFFFFFFFF) << 16;
    }
    // Adds one to the number written so far, which is not all 0xFF: it stays below 1.
    NEUROCOMP_INLINE void carry() {
        for (size_t i = position_; i > 0; --i) {
            if (++payload_[i - 1] != 0) break;
        }
    }

    uint64_t low_ = 0;
    uint64_t width_ = initial_width;
    size_t position_ = 0;
    uint8_t* payload_;
    size_t capacity_;
};

// Reads decisions from a payload; beyond its end there are zeros: see is_spent.
// Between decisions 0 <= number - low < width.
class Decoder {
   public:
    Decoder(const uint8_t* payload, size_t size) : payload_(payload), size_(size) {
        number_ = window(0);
    }

    // The next decision; the argument is not looked at.
    NEUROCOMP_INLINE int code(uint32_t p, int /*bit*/) {
        const uint64_t ones = (width_ * p) >> 16;
        const bool bit = number_ < ones;
        number_ -= bit ? 0 : ones;
        width_ = bit ? ones : width_ - ones;
        if (width_ < min_width) shift_in();
        return bit ? 1 : 0;
    }

    // The same with p in units of 2**-22.
    NEUROCOMP_INLINE int code_fine(uint32_t p, int /*bit*/) {
        const uint64_t ones = fine_part(width_, p);
        const bool bit = number_ < ones;
        number_ -= bit ? 0 : ones;
        width_ = bit ? ones : width_ - ones;
        while (width_ < min_width) shift_in();
        return bit ? 1 : 0;
    }

    // Whether more bytes were read than any end of a payload implies: it is damaged.
    NEUROCOMP_INLINE bool is_spent() const { return position_ > size_ + window_bytes; }

    // Whether the payload is, byte for byte, what the encoder writes for the decisions made.
    bool finish() const {
        const size_t start = position_ - window_bytes;
        // number - low is kept only; the number itself is still in the payload.
        const uint64_t low = (window(start) - number_) & (initial_width - 1);
        const Ending ending = ending_of(low, width_);
        return start + ending.num_bytes == size_ && number_ == ending.distance;
    }

   private:
    NEUROCOMP_INLINE void shift_in() {
        width_ <<= 16;
        number_ <<= 16;
        if (position_ < size_) number_ |= static_cast<uint64_t>(payload_[position_]) << 8;
        if (position_ + 1 < size_) number_ |= payload_[position_ + 1];
        position_ += 2;
    }
    uint64_t window(size_t start) const {
        uint64_t number = 0;
        for (size_t i = start; i < start + window_bytes; ++i) {
            number = number << 8 | (i < size_ ? payload_[i] : 0);
        }
        return number;
    }

    uint64_t number_ = 0;  // less low
    uint64_t width_ = initial_width;
    const uint8_t* payload_;
    size_t size_;
    size_t position_ = window_bytes;
};

// Learns decisions without writing them.
struct NoCoder {
    static NEUROCOMP_INLINE int code(uint32_t /*p*/, int bit) { return bit; }
    static NEUROCOMP_INLINE bool is_spent() { return false; }
};

}  // namespace neurocomp::coding
