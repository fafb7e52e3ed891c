// Blocks of language models that are mixed with contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "decoder/workers.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

// The bytes that a payload codes.  What is held when it returns is taken from `memory`.
// Throws Error, DamagedPayload, Stopped, std::bad_alloc.
std::vector<uint8_t> decode_language(const frame::BlockHead& head, const frame::ModelEntry& entry,
                                     Bytes payload, const Models& models, MemoryBudget& memory,
                                     const Crew& crew);

}  // namespace neurocomp::decoder
