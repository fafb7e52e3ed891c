// Payloads of blocks to their contents.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "decoder/workers.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

// Refuses a header whose models are of no family or revision that this decoder knows of, not those
// of this software, or whose fields don't go together.  Throws Error.
void check_models(const frame::Header& header, const Models& models);

// The content of a block that is not stored, its checksum verified.  `payload` stays as it is.
// Throws Error, DamagedPayload, Stopped, std::bad_alloc.
std::vector<uint8_t> decode_block(const frame::BlockHead& head, const frame::Header& header,
                                  Bytes payload, const Models& models, MemoryBudget memory,
                                  const Crew& crew);

}  // namespace neurocomp::decoder
