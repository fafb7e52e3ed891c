#include "frame/line_ends.hpp"

#include <cstddef>

namespace neurocomp::frame {

namespace {

constexpr uint8_t carriage_return = 13;
constexpr uint8_t line_feed = 10;

// Calls `put` for each byte of what `data` becomes.
template <typename Put>
void exchange(Bytes data, Put put) {
    for (size_t i = 0; i < data.size(); ++i) {
        const uint8_t byte = data[i];
        const bool after_return = i > 0 && data[i - 1] == carriage_return;
        if (byte == carriage_return && !after_return && i + 1 < data.size() &&
            data[i + 1] == line_feed) {
            continue;
        }
        if (byte == line_feed && !after_return) put(carriage_return);
        put(byte);
    }
}

}  // namespace

std::optional<std::vector<uint8_t>> exchange_line_ends(Bytes data, size_t wanted_bytes) {
    size_t num_bytes = 0;
    exchange(data, [&](uint8_t) { ++num_bytes; });
    if (num_bytes != wanted_bytes) return std::nullopt;
    std::vector<uint8_t> out;
    out.reserve(num_bytes);
    exchange(data, [&](uint8_t byte) { out.push_back(byte); });
    return out;
}

}  // namespace neurocomp::frame
