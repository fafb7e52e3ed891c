// How packed 8-bit weights lie: (strips, groups, 32 outputs, 4 inputs).
#pragma once

namespace neurocomp::products {

inline constexpr int strip_outputs = 32;  // whose weights lie in one piece
inline constexpr int group_inputs = 4;    // of one output, side by side

}  // namespace neurocomp::products
