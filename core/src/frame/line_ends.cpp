#include "frame/line_ends.hpp"

namespace neurocomp::frame {

namespace {

constexpr uint8_t carriage_return = 13;
constexpr uint8_t line_feed = 10;

}  // namespace

LineEnds count_line_ends(Bytes data) {
    LineEnds found;
    for (size_t i = 0; i < data.size(); ++i) {
        if (data[i] != line_feed) continue;
        if (i == 0 || data[i - 1] != carriage_return) {
            ++found.num_lone;
        } else if (i == 1 || data[i - 2] != carriage_return) {
            ++found.num_single;
        }
    }
    return found;
}

std::optional<std::vector<uint8_t>> exchange_line_ends(Bytes data, size_t wanted_bytes) {
    if (count_line_ends(data).bytes_after(data.size()) != wanted_bytes) return std::nullopt;
    std::vector<uint8_t> out;
    out.reserve(wanted_bytes);
    for (size_t i = 0; i < data.size(); ++i) {
        const uint8_t byte = data[i];
        const bool after_return = i > 0 && data[i - 1] == carriage_return;
        if (byte == carriage_return && !after_return && i + 1 < data.size() &&
            data[i + 1] == line_feed) {
            continue;
        }
        if (byte == line_feed && !after_return) out.push_back(carriage_return);
        out.push_back(byte);
    }
    return out;
}

}  // namespace neurocomp::frame
