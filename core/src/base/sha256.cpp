#include "base/sha256.hpp"

#include <algorithm>
#include <bit>

namespace neurocomp {

namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> constants = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

uint32_t load(const uint8_t* from) {
    return uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8 | from[3];
}

void store(uint8_t* to, uint32_t value) {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

}  // namespace

void Sha256::update(std::span<const uint8_t> bytes) {
    const size_t held = num_bytes_ % block_bytes;
    num_bytes_ += bytes.size();
    if (held > 0) {
        const size_t count = std::min(bytes.size(), block_bytes - held);
        std::copy_n(bytes.data(), count, block_.data() + held);
        bytes = bytes.subspan(count);
        if (held + count < block_bytes) return;
        compress(block_.data());
    }
    for (; bytes.size() >= block_bytes; bytes = bytes.subspan(block_bytes)) compress(bytes.data());
    std::copy_n(bytes.data(), bytes.size(), block_.data());
}

Digest Sha256::finish() {
    const uint64_t num_bits = 8 * num_bytes_;
    size_t held = num_bytes_ % block_bytes;
    block_[held++] = 0x80;
    if (held > block_bytes - 8) {
        std::fill(block_.begin() + static_cast<std::ptrdiff_t>(held), block_.end(), uint8_t{0});
        compress(block_.data());
        held = 0;
    }
    std::fill(block_.begin() + static_cast<std::ptrdiff_t>(held), block_.end(), uint8_t{0});
    store(block_.data() + block_bytes - 8, static_cast<uint32_t>(num_bits >> 32));
    store(block_.data() + block_bytes - 4, static_cast<uint32_t>(num_bits));
    compress(block_.data());
    Digest digest{};
    for (size_t i = 0; i < state_.size(); ++i) store(digest.data() + 4 * i, state_[i]);
    return digest;
}

void Sha256::compress(const uint8_t* block) {
    std::array<uint32_t, 64> words{};
    for (size_t i = 0; i < 16; ++i) words[i] = load(block + 4 * i);
    for (size_t i = 16; i < 64; ++i) {
        const uint32_t early = words[i - 15];
        const uint32_t late = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] +
                   (std::rotr(early, 7) ^ std::rotr(early, 18) ^ early >> 3) +
                   (std::rotr(late, 17) ^ std::rotr(late, 19) ^ late >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (size_t i = 0; i < 64; ++i) {
        const uint32_t one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                             ((e & f) ^ (~e & g)) + constants[i] + words[i];
        const uint32_t two =
            (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + one;
        d = c;
        c = b;
        b = a;
        a = one + two;
    }
    const std::array<uint32_t, 8> change = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < state_.size(); ++i) state_[i] += change[i];
}

}  // namespace neurocomp
