// Blocks of models of symbols: any of them, any coder, any map between symbols and bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "decoder/workers.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

// The bytes that a payload codes.  What is held when it returns is taken from `memory`.
// Throws Error, DamagedPayload, std::bad_alloc.
std::vector<uint8_t> decode_symbolwise(const frame::BlockHead& head, const frame::ModelEntry& entry,
                                       Bytes payload, const Models& models, MemoryBudget& memory,
                                       const Crew& crew);

}  // namespace neurocomp::decoder
