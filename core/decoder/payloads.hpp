// Payloads of blocks to their contents.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

// Refuses entries whose fields don't go together, whether a block uses them or not.
void check_models(const frame::Header& header);

// The content of a block that is not stored, its checksum verified.  `payload` stays as it is.
// `held_bytes`: memory that the caller holds, of what `memory` allows.
// Throws Error, DamagedPayload, std::bad_alloc.
std::vector<uint8_t> decode_block(const frame::BlockHead& head, const frame::Header& header,
                                  frame::Bytes payload, const Models& models,
                                  const MemoryBudget& memory, uint64_t held_bytes);

}  // namespace neurocomp::decoder
