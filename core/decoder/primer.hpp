// The text of neurocomp/models/mix/primer.txt, compiled in.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::decoder {

extern const uint8_t primer_text[];
extern const size_t primer_bytes;

}  // namespace neurocomp::decoder
