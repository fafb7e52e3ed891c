// Tests of the coders.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checks.hpp"
#include "coding/arithmetic.hpp"
#include "coding/binary.hpp"
#include "coding/huffman.hpp"
#include "exact/kernels.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::tests {

void test_coder_stays_in_its_buffer() {
    Numbers numbers(1);
    std::vector<uint32_t> p;
    std::vector<int> bits;
    for (int i = 0; i < 400; ++i) {
        p.push_back(1 + numbers.below(65535));
        bits.push_back(static_cast<int>(numbers.below(2)));
    }
    std::vector<uint8_t> whole(803);
    size_t size = 0;
    for (size_t capacity = whole.size(); capacity-- > 0;) {
        std::vector<uint8_t> room(capacity);  // exact, so that a sanitizer sees its end
        coding::Encoder coder(room.data(), room.size());
        for (size_t i = 0; i < p.size(); ++i) coder.code(p[i], bits[i]);
        size_t found = 0;
        const bool fits = coder.finish(found);
        if (size == 0) {
            EXPECT(fits);
            size = found;
            whole.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
        }
        EXPECT(fits == (capacity >= size));
        if (fits) EXPECT(std::equal(whole.begin(), whole.end(), room.begin()));
    }
    for (size_t kept = 0; kept <= size; ++kept) {
        const std::vector<uint8_t> payload(whole.begin(),
                                           whole.begin() + static_cast<std::ptrdiff_t>(kept));
        coding::Decoder coder(payload.data(), payload.size());
        bool same = true;
        for (size_t i = 0; i < p.size(); ++i) same = (coder.code(p[i], 0) == bits[i]) && same;
        EXPECT((same && coder.finish()) == (kept == size));
    }
}

namespace {

// Tables of which some leave hardly a doubt, and the symbols that are coded under them.
struct Stream {
    size_t alphabet_size;
    std::vector<std::vector<int32_t>> tables;
    std::vector<size_t> symbols;
};

Stream make_stream(size_t alphabet_size, size_t length, uint64_t seed) {
    Numbers numbers(seed);
    Stream stream = {alphabet_size, {}, {}};
    const auto size = static_cast<uint32_t>(alphabet_size);
    for (size_t i = 0; i < length; ++i) {
        std::vector<int64_t> weights(alphabet_size);
        const uint32_t sharpness = numbers.below(38);
        for (int64_t& weight : weights) weight = numbers.below(1 + (1U << numbers.below(20)));
        const uint32_t likely = numbers.below(size);
        weights[likely] = int64_t{1} << sharpness;
        stream.tables.emplace_back(alphabet_size);
        exact::kernels().quantise_row(weights.data(), alphabet_size, stream.tables.back().data());
        stream.symbols.push_back(numbers.below(4) == 0 ? numbers.below(size) : likely);
    }
    return stream;
}

template <typename Encoder>
void encode(const Stream& stream, Encoder& encoder) {
    for (size_t i = 0; i < stream.symbols.size(); ++i) {
        encoder.encode(stream.symbols[i], stream.tables[i].data(), stream.alphabet_size);
    }
}

// Whether a payload is that of the symbols and no other.
bool is_payload(const Stream& stream, coding::SymbolDecoder& decoder) {
    bool same = true;
    for (size_t i = 0; i < stream.symbols.size(); ++i) {
        int32_t symbol = -1;
        if (!decoder.decode(stream.tables[i].data(), stream.alphabet_size, symbol)) return false;
        EXPECT(symbol >= 0 && static_cast<size_t>(symbol) < stream.alphabet_size);
        same = same && static_cast<size_t>(symbol) == stream.symbols[i];
    }
    return same && decoder.finish();
}

bool is_arithmetic(const Stream& stream, const std::vector<uint8_t>& payload) {
    const std::vector<uint8_t> exact(payload.begin(), payload.end());  // a sanitizer sees its end
    coding::ArithmeticDecoder decoder(exact);
    return is_payload(stream, decoder);
}

bool is_huffman(const Stream& stream, const std::vector<uint8_t>& payload) {
    coding::HuffmanDecoder decoder(payload);
    return is_payload(stream, decoder);
}

// No beginning of a payload, nothing after it, and no other bits are the payload of the same symbols.
template <typename IsPayload>
void check_payload(const Stream& stream, const std::vector<uint8_t>& payload, IsPayload is) {
    EXPECT(is(stream, payload));
    std::vector<uint8_t> longer(payload);
    longer.push_back(0);
    EXPECT(!is(stream, longer));
    for (size_t kept = 0; kept < payload.size(); ++kept) {
        const auto end = payload.begin() + static_cast<std::ptrdiff_t>(kept);
        EXPECT(!is(stream, {payload.begin(), end}));
    }
    for (size_t bit = 0; bit < 8 * payload.size(); ++bit) {
        std::vector<uint8_t> damaged(payload);
        damaged[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        EXPECT(!is(stream, damaged));
    }
}

}  // namespace

void test_coders_of_symbols() {
    const size_t alphabet_sizes[] = {1, 2, 3, 255, 256, 257, 700};
    const size_t lengths[] = {0, 1, 2, 40};
    for (const size_t alphabet_size : alphabet_sizes) {
        for (const size_t length : lengths) {
            const Stream stream = make_stream(alphabet_size, length, 7 * alphabet_size + length);
            coding::ArithmeticEncoder arithmetic;
            encode(stream, arithmetic);
            const std::vector<uint8_t> payload = arithmetic.finish();
            EXPECT(payload.empty() == (alphabet_size == 1 || length == 0));
            check_payload(stream, payload, is_arithmetic);
            coding::HuffmanEncoder huffman;
            encode(stream, huffman);
            check_payload(stream, huffman.payload(), is_huffman);
        }
    }
}

}  // namespace neurocomp::tests
