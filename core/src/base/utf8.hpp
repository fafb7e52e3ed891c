// Text in UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace neurocomp {

// What code points are in UTF-16, which JSON escapes them in.
inline constexpr uint32_t first_surrogate = 0xD800;
inline constexpr uint32_t first_low_surrogate = 0xDC00;
inline constexpr uint32_t last_surrogate = 0xDFFF;
inline constexpr uint32_t first_pair = 0x10000;  // code points that take two units of UTF-16

// Appends a code point.
void append_utf8(std::string& out, uint32_t point);

// Takes a code point off the beginning of `text`, which has one; false where it is no UTF-8.
bool take_utf8(std::string_view& text, uint32_t& point);

bool is_utf8(std::string_view text);

}  // namespace neurocomp
