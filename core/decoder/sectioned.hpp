// Blocks of the presets: context mixing, alone or with a byte network, in sections.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/memory.hpp"
#include "decoder/models.hpp"
#include "decoder/workers.hpp"
#include "frame/block.hpp"

namespace neurocomp::decoder {

// The bytes that a payload codes.  What is held when they return is taken from `memory`.
// Throw Error, DamagedPayload, Stopped, std::bad_alloc.
std::vector<uint8_t> decode_mix(const frame::BlockHead& head, const frame::ModelEntry& entry,
                                Bytes payload, const Models& models, MemoryBudget& memory,
                                const Crew& crew);
std::vector<uint8_t> decode_bytenet(const frame::BlockHead& head, const frame::ModelEntry& entry,
                                    Bytes payload, const Models& models, MemoryBudget& memory,
                                    const Crew& crew);

}  // namespace neurocomp::decoder
