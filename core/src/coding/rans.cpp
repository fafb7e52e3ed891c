#include "coding/rans.hpp"

#include <algorithm>

#include "base/inlining.hpp"

namespace neurocomp::coding {

namespace {

constexpr uint32_t least_state = uint32_t{1} << 16;
constexpr size_t head_bytes = 4 * rans_states;
constexpr size_t word_bytes = 2;

NEUROCOMP_INLINE uint32_t load_word(const uint8_t* from) {
    return from[0] | uint32_t{from[1]} << 8;
}

// Takes the next symbol off a state, which may be too low then.
template <typename Share>
NEUROCOMP_INLINE uint32_t advance(uint32_t state, int bits, uint32_t mask, const uint8_t* symbols,
                                  const Share* shares, uint8_t& symbol) {
    const uint32_t place = state & mask;
    symbol = symbols[place];
    const Share share = shares[symbol];
    return share.frequency * (state >> bits) + place - share.start;
}

}  // namespace

RansTable::RansTable(std::span<const uint32_t> frequencies, int bits)
    : bits_(bits), symbols_(size_t{1} << bits) {
    uint32_t start = 0;
    for (size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        const uint32_t frequency = frequencies[symbol];
        shares_[symbol] = {static_cast<uint16_t>(frequency), static_cast<uint16_t>(start)};
        std::fill_n(symbols_.data() + start, frequency, static_cast<uint8_t>(symbol));
        start += frequency;
    }
}

std::vector<uint8_t> RansTable::encode(std::span<const uint8_t> symbols) const {
    std::array<uint32_t, rans_states> states;
    states.fill(least_state);
    std::vector<uint8_t> payload;  // backwards, as a decoder takes last what was written first
    const auto put_word = [&](uint32_t word) {
        payload.push_back(static_cast<uint8_t>(word >> 8));
        payload.push_back(static_cast<uint8_t>(word));
    };
    for (size_t i = symbols.size(); i-- > 0;) {
        uint32_t& state = states[i % rans_states];
        const auto [frequency, start] = shares_[symbols[i]];
        if (state >> (32 - bits_) >= frequency) {
            put_word(state & 0xFFFF);
            state >>= 16;
        }
        state = (state / frequency << bits_) + state % frequency + start;
    }
    for (size_t i = rans_states; i-- > 0;) {
        put_word(states[i] >> 16);
        put_word(states[i] & 0xFFFF);
    }
    std::reverse(payload.begin(), payload.end());
    return payload;
}

bool RansTable::decode(std::span<const uint8_t> payload, std::span<uint8_t> symbols) const {
    if (payload.size() < head_bytes) return false;
    std::array<uint32_t, rans_states> states;
    const uint8_t* at = payload.data();
    for (uint32_t& state : states) {
        state = load_word(at) | load_word(at + word_bytes) << 16;
        at += 2 * word_bytes;
        if (state < least_state) return false;
    }
    const uint8_t* const end = payload.data() + payload.size();
    const uint32_t mask = (uint32_t{1} << bits_) - 1;
    const uint8_t* const table = symbols_.data();
    const int bits = bits_;
    const size_t size = symbols.size();
    uint8_t* const out = symbols.data();
    size_t i = 0;
    for (; i + rans_states <= size && end - at >= static_cast<ptrdiff_t>(word_bytes * rans_states);
         i += rans_states) {
        for (size_t k = 0; k < rans_states; ++k) {
            const uint32_t state =
                advance(states[k], bits, mask, table, shares_.data(), out[i + k]);
            // Without a branch, which would be mispredicted often.
            const uint32_t is_low = state < least_state ? 1 : 0;
            states[k] = state << (16 * is_low) | (load_word(at) & (0 - is_low));
            at += word_bytes * is_low;
        }
    }
    for (; i < size; ++i) {
        uint32_t& state = states[i % rans_states];
        state = advance(state, bits, mask, table, shares_.data(), out[i]);
        if (state < least_state) {
            if (end - at < static_cast<ptrdiff_t>(word_bytes)) return false;
            state = state << 16 | load_word(at);
            at += word_bytes;
        }
    }
    return at == end && std::all_of(states.begin(), states.end(),
                                    [](uint32_t state) { return state == least_state; });
}

std::vector<uint32_t> rans_frequencies(std::span<const uint64_t> counts, int bits) {
    const int64_t wanted = int64_t{1} << bits;
    uint64_t total = 0;
    for (const uint64_t count : counts) total += count;
    std::vector<uint32_t> frequencies;
    int64_t sum = 0;
    for (const uint64_t count : counts) {
        // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): counts are positive
        const uint64_t share = ((count << (bits + 1)) + total) / (2 * total);
        frequencies.push_back(std::max(static_cast<uint32_t>(share), uint32_t{1}));
        sum += frequencies.back();
    }
    // What is too much or too little is the most frequent one's, where it costs least.
    while (sum != wanted) {
        const auto most = std::max_element(frequencies.begin(), frequencies.end());
        const int64_t change = std::max(wanted - sum, -static_cast<int64_t>(*most / 2));
        *most = static_cast<uint32_t>(*most + change);
        sum += change;
    }
    return frequencies;
}

}  // namespace neurocomp::coding
