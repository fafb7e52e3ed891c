#include "coding/arithmetic.hpp"

#include <utility>

namespace neurocomp::coding {

namespace {

// Frequencies that are added at once where a symbol is looked for.
constexpr size_t stride = 256;

// A symbol's place among the parts of an interval.
struct Share {
    size_t symbol;
    uint64_t below;
};

// The symbol that the part of that number, below 2**24, belongs to.
Share find_share(const int32_t* frequencies, size_t size, uint64_t part) {
    const exact::Kernels& kernels = exact::kernels();
    Share share = {0, 0};
    while (share.symbol + stride < size) {
        const auto sum = static_cast<uint64_t>(kernels.sum(frequencies + share.symbol, stride));
        if (part - share.below < sum) break;
        share.below += sum;
        share.symbol += stride;
    }
    while (share.symbol + 1 < size) {
        const auto frequency = static_cast<uint64_t>(frequencies[share.symbol]);
        if (part - share.below < frequency) break;
        share.below += frequency;
        ++share.symbol;
    }
    return share;
}

}  // namespace

void ArithmeticEncoder::carry() {
    // The number stays below 1, so that some byte before takes it.
    for (size_t i = written_.size(); i-- > 0;) {
        if (++written_[i] != 0) return;
    }
}

void ArithmeticEncoder::encode(size_t symbol, const int32_t* frequencies, size_t size) {
    if (size == 1) return;
    const uint64_t before = registers_.lower;
    const auto below = static_cast<uint64_t>(exact::kernels().sum(frequencies, symbol));
    const bool is_full = registers_.narrow(below, static_cast<uint64_t>(frequencies[symbol]));
    if (registers_.lower < before) carry();
    if (!is_full) return;
    for (size_t i = 0; i < word_bytes; ++i) {
        written_.push_back(static_cast<uint8_t>(registers_.lower >> (56 - 8 * i)));
    }
    registers_.shift();
}

std::vector<uint8_t> ArithmeticEncoder::finish() {
    const RegistersEnding ending = registers_.ending();
    const uint64_t number = registers_.lower + ending.distance;
    if (number < registers_.lower) carry();
    for (size_t i = 0; i < ending.num_bytes; ++i) {
        written_.push_back(static_cast<uint8_t>(number >> (56 - 8 * i)));
    }
    return std::move(written_);
}

ArithmeticDecoder::ArithmeticDecoder(std::span<const uint8_t> payload)
    : payload_(payload), window_(word(0) << word_bits | word(1)) {}

// A word of the payload, which zeros follow.
uint64_t ArithmeticDecoder::word(size_t number) const {
    uint64_t value = 0;
    for (size_t i = number * word_bytes; i < (number + 1) * word_bytes; ++i) {
        value = value << 8 | (i < payload_.size() ? payload_[i] : 0U);
    }
    return value;
}

bool ArithmeticDecoder::decode(const int32_t* frequencies, size_t size, int32_t& symbol) {
    symbol = 0;
    if (size == 1) return true;
    const uint64_t part = (window_ - registers_.lower) / registers_.scale();
    // The sliver above all symbols, which rounding leaves over, codes none.
    if (part >= static_cast<uint64_t>(exact::total_frequency)) return false;
    const Share share = find_share(frequencies, size, part);
    symbol = static_cast<int32_t>(share.symbol);
    if (registers_.narrow(share.below, static_cast<uint64_t>(frequencies[share.symbol]))) {
        registers_.shift();
        window_ = window_ << word_bits | word(registers_.num_words + 1);
    }
    return word_bytes * registers_.num_words < payload_.size();
}

bool ArithmeticDecoder::finish() const {
    const RegistersEnding ending = registers_.ending();
    if (payload_.size() != word_bytes * registers_.num_words + ending.num_bytes) return false;
    // The symbols hold `lower` and the payload to within the width of each other, so that the bytes
    // before, carries included, agree where the last ones do.
    const uint64_t number = registers_.lower + ending.distance;
    for (size_t i = 0; i < ending.num_bytes; ++i) {
        const auto expected = static_cast<uint8_t>(number >> (56 - 8 * i));
        if (payload_[word_bytes * registers_.num_words + i] != expected) return false;
    }
    return true;
}

}  // namespace neurocomp::coding
