#include "frame/checksums.hpp"

namespace neurocomp::frame {

namespace {

constexpr uint32_t polynomial = 0xEDB88320;  // reflected: the highest power is the lowest bit

// a times b modulo the polynomial; bit 31 is the power 0.
uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = uint32_t{1} << 31; bit != 0; bit >>= 1) {
        if ((a & bit) != 0) product ^= b;
        b = b >> 1 ^ ((b & 1) != 0 ? polynomial : 0);
    }
    return product;
}

}  // namespace

uint32_t join_checksums(uint32_t first, uint32_t second, uint64_t second_bytes) {
    uint32_t power = uint32_t{1} << 23;  // x^8, for one byte; squared for each bit of their number
    for (; second_bytes != 0; second_bytes >>= 1) {
        if ((second_bytes & 1) != 0) first = multiply(power, first);
        power = multiply(power, power);
    }
    return first ^ second;
}

}  // namespace neurocomp::frame
