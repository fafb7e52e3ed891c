#include "base/crc32.hpp"

#include <array>
#include <cstddef>

namespace neurocomp {

namespace {

constexpr size_t at_once = 16;  // bytes a step

// tables[k][b]: what a byte b does to the checksum when k bytes of zeros follow it.
using Tables = std::array<std::array<uint32_t, 256>, at_once>;

constexpr Tables make_tables() {
    Tables tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = value >> 1 ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
        tables[0][byte] = value;
    }
    for (size_t k = 1; k < at_once; ++k) {
        for (size_t byte = 0; byte < 256; ++byte) {
            const uint32_t value = tables[k - 1][byte];
            tables[k][byte] = value >> 8 ^ tables[0][value & 0xFF];
        }
    }
    return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

uint32_t crc32(std::span<const uint8_t> bytes, uint32_t before) {
    uint32_t value = ~before;
    const uint8_t* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= at_once; left -= at_once, at += at_once) {
        uint32_t next = 0;
        for (size_t i = 0; i < at_once; ++i) {
            const uint32_t before_it = i < 4 ? value >> (8 * i) & 0xFF : 0;
            next ^= tables[at_once - 1 - i][at[i] ^ before_it];
        }
        value = next;
    }
    for (; left > 0; --left, ++at) value = value >> 8 ^ tables[0][(value ^ *at) & 0xFF];
    return ~value;
}

}  // namespace neurocomp
