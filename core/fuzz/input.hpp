// What the targets share: a network, and the fields before a payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

namespace neurocomp::fuzz {

inline std::vector<uint8_t> read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) std::abort();
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A payload, of how many bytes of content it is to be, and in which way: tests/decoder/seeds.py writes these.
struct Coded {
    unsigned variant = 0;
    size_t num_lanes = 1;
    size_t num_bytes = 0;
    std::span<const uint8_t> payload;

    Coded(const uint8_t* data, size_t size) {
        constexpr size_t fields = 4;
        if (size < fields) return;
        variant = data[0] & 3;
        num_lanes = size_t{data[1]} % 4 + 1;
        num_bytes = size_t{data[2]} | size_t{data[3]} << 8;
        payload = {data + fields, size - fields};
    }
};

}  // namespace neurocomp::fuzz
