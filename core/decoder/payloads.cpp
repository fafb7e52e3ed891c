#include "decoder/payloads.hpp"

#include <algorithm>

#include "frame/line_ends.hpp"

namespace neurocomp::decoder {

using namespace frame;

namespace {

// Decisions that cost a bit at least: ln 2 over the least that one narrows the interval.
constexpr uint64_t decisions_of_a_bit = 45427;

void check_length(size_t payload_bytes, uint64_t num_symbols) {
    const uint64_t needed = (8 * num_symbols / decisions_of_a_bit + 7) / 8;
    if (payload_bytes >= needed) return;
    fail(Fault::format, "a payload of " + std::to_string(payload_bytes) + " bytes is too short: " +
                            std::to_string(num_symbols) + " bytes take " + std::to_string(needed) +
                            " at least");
}

std::vector<uint8_t> decode_mix(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                const Models& models, const MemoryBudget& memory,
                                uint64_t held_bytes) {
    require(head.num_lanes == 1 && head.variant <= variant_primed, Fault::format,
            "a block of context mixing has one lane and three variants");
    check_length(payload.size(), head.num_symbols);
    models.check_mix(entry);
    require(entry.dictionary.empty(), Fault::unsupported,
            "the frame needs a dictionary, which this decoder does not read");
    Plan plan;
    plan.profile = static_cast<mix::Profile>(head.variant % 2);
    size_t room = head.num_symbols;
    uint64_t copies = 1;
    if (head.variant == variant_primed) {
        plan.primer = &models.primer();
        room += plan.primer->size();
        copies = 2;  // one is kept for small blocks
    }
    memory.check(held_bytes + head.num_symbols + copies * mixture_bytes(room, 1));
    std::vector<uint8_t> data(head.num_symbols);
    const Bytes payloads[] = {payload};
    const std::span<uint8_t> sections[] = {data};
    decode(plan, payloads, sections, [](size_t) {});
    return data;
}

std::vector<uint8_t> decode_symbols(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                    const Models& models, const MemoryBudget& memory,
                                    uint64_t held_bytes) {
    switch (entry.family) {
        case family_mix:
            return decode_mix(head, entry, payload, models, memory, held_bytes);
        default:
            fail(Fault::unsupported, "the frame needs a model of family " +
                                         std::to_string(entry.family) +
                                         ", which this decoder does not have");
    }
}

}  // namespace

void check_models(const Header& header) {
    for (const ModelEntry& entry : header.models) {
        if (entry.family != family_mix && entry.family != family_bytenet) continue;
        require(entry.symbols == symbols_bytes && entry.coder == coder_binary &&
                    entry.parameters.empty() && entry.environment.empty(),
                Fault::format, "the frame's symbols, coder and properties don't go with its model");
    }
}

std::vector<uint8_t> decode_block(const BlockHead& head, const Header& header, Bytes payload,
                                  const Models& models, const MemoryBudget& memory,
                                  uint64_t held_bytes) {
    check_transforms(head);
    const bool has_line_ends = !head.transforms.empty();
    const ModelEntry& entry = header.models[head.model];
    std::vector<uint8_t> content = decode_symbols(head, entry, payload, models, memory, held_bytes);
    if (has_line_ends) {
        memory.check(held_bytes + content.size() + head.decoded_bytes);
        require(content.size() < head.decoded_bytes, Fault::format,
                "the block's line ends were rewritten for nothing");
        auto restored = exchange_line_ends(content, head.decoded_bytes);
        require(restored.has_value(), Fault::format, "the block's line ends don't make its size");
        content = std::move(*restored);
    }
    require(content.size() == head.decoded_bytes && crc32(content) == head.content_checksum,
            Fault::checksum,
            "the decoded bytes don't have the recorded checksum: the data is damaged, or was "
            "written by a model that differs from this one");
    return content;
}

}  // namespace neurocomp::decoder
