#include "coding/huffman.hpp"

#include "base/integers.hpp"

namespace neurocomp::coding {

void HuffmanEncoder::encode(size_t symbol, const int32_t* frequencies, size_t size) {
    code_.build(frequencies, size);
    const uint64_t code = code_.code(symbol);
    int left = code_.lengths()[symbol];
    while (left > 0) {
        if (free_bits_ == 0) {
            payload_.push_back(0);
            free_bits_ = 8;
        }
        const int taken = smaller(free_bits_, left);
        left -= taken;
        free_bits_ -= taken;
        const uint64_t bits = (code >> left) & ((uint64_t{1} << taken) - 1);
        payload_.back() = static_cast<uint8_t>(payload_.back() | bits << free_bits_);
    }
}

bool HuffmanDecoder::decode(const int32_t* frequencies, size_t size, int32_t& symbol) {
    code_.build(frequencies, size);
    const LengthCounts& counts = code_.counts();
    size_t length = 0;
    // The code read so far less the first code of its length.  The code is complete, so that a rank
    // below the count comes up by the greatest length.
    int64_t rank = 0;
    while (rank >= counts[length]) {
        if (num_bits_ >= 8 * payload_.size()) return false;
        const int bit = payload_[num_bits_ >> 3] >> (7 - (num_bits_ & 7)) & 1;
        rank = (rank - counts[length]) * 2 + bit;
        ++length;
        ++num_bits_;
    }
    symbol = static_cast<int32_t>(code_.symbol(length, rank));
    return true;
}

bool HuffmanDecoder::finish() const {
    if (payload_.size() != (num_bits_ + 7) / 8) return false;
    const size_t used = num_bits_ & 7;
    return used == 0 || (payload_.back() & (0xFF >> used)) == 0;
}

}  // namespace neurocomp::coding
