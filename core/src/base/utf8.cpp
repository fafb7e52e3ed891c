#include "base/utf8.hpp"

namespace neurocomp {

void append_utf8(std::string& out, uint32_t point) {
    const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | point >> 6);
        put(0x80 | (point & 0x3F));
    } else if (point < first_pair) {
        put(0xE0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3F));
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

bool take_utf8(std::string_view& text, uint32_t& point) {
    const auto first = static_cast<uint8_t>(text.front());
    text.remove_prefix(1);
    if (first < 0x80) {
        point = first;
        return true;
    }
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || text.size() < static_cast<size_t>(more)) return false;
    point = first & (0x3FU >> more);
    for (int i = 0; i < more; ++i) {
        const auto next = static_cast<uint8_t>(text[static_cast<size_t>(i)]);
        if ((next & 0xC0) != 0x80) return false;
        point = point << 6 | (next & 0x3FU);
    }
    text.remove_prefix(static_cast<size_t>(more));
    constexpr uint32_t least[] = {0x80, 0x800, first_pair};
    return point >= least[more - 1] && point <= 0x10FFFF &&
           (point < first_surrogate || point > last_surrogate);
}

bool is_utf8(std::string_view text) {
    uint32_t point = 0;
    while (!text.empty()) {
        if (!take_utf8(text, point)) return false;
    }
    return true;
}

}  // namespace neurocomp
