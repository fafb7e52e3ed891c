// Integers as files have them, the least significant byte first, whatever the machine's order is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace neurocomp {

inline constexpr bool is_little_endian = std::endian::native == std::endian::little;
static_assert(is_little_endian || std::endian::native == std::endian::big);

// The integer of the same bytes in the other order.
template <typename T>
constexpr T reversed(T value) {
    using Unsigned = std::make_unsigned_t<T>;
    auto left = static_cast<Unsigned>(value);
    Unsigned result = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
        result = static_cast<Unsigned>(result << (8 * (sizeof(T) > 1)) | (left & 0xFF));
        left = static_cast<Unsigned>(left >> (8 * (sizeof(T) > 1)));
    }
    return static_cast<T>(result);
}

template <typename T>
T load_little(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return is_little_endian ? value : reversed(value);
}

template <typename T>
void store_little(uint8_t* to, T value) {
    if (!is_little_endian) value = reversed(value);
    std::memcpy(to, &value, sizeof value);
}

// Turns integers between the order of files and that of the machine, which mostly is the same.
template <typename T>
void turn_little([[maybe_unused]] T* data, [[maybe_unused]] size_t size) {
    if constexpr (!is_little_endian) {
        for (size_t i = 0; i < size; ++i) data[i] = reversed(data[i]);
    }
}

}  // namespace neurocomp
