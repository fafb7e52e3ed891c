// What the mixture does for a byte: compiled once for each kind of processor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coding/binary.hpp"
#include "mix/state.hpp"
#include "mix/tape.hpp"

namespace neurocomp::mix {

// Each codes `num_bytes` bytes of a lane, most significant bit first, and learns them; false where
// the payload is full (encoding) or used up (decoding): then stop.
//
// `weights` are a network's for each byte, 256 of 1 .. 2**30, or null without one; lanes without a
// network get none.  The lane's position + num_bytes is at most the size of the block.
struct Kernels {
    void (*learn)(Tables&, Lane&, const uint8_t* data, size_t num_bytes);
    bool (*encode)(Tables&, Lane&, coding::Encoder&, const int32_t* weights, const uint8_t* data,
                   size_t num_bytes);
    bool (*decode)(Tables&, Lane&, coding::Decoder&, const int32_t* weights, uint8_t* data,
                   size_t num_bytes);
    // Encodes, and notes what each bit was given.
    bool (*trace)(Tables&, Lane&, coding::Encoder&, const int32_t* weights, const uint8_t* data,
                  size_t num_bytes, const Tape&);
};

// The one for this processor: see base/processor.hpp.
const Kernels& kernels();

extern const Kernels baseline_kernels;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels avx2_kernels;
#endif

}  // namespace neurocomp::mix
