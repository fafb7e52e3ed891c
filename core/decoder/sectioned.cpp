#include "decoder/sectioned.hpp"

#include <algorithm>
#include <span>

namespace neurocomp::decoder {

using namespace frame;

namespace {

// Decisions that cost a bit at least: ln 2 over the least that one narrows the interval.
constexpr uint64_t decisions_of_a_bit = 45427;

// Sections that share the reading of a network's weights, each with tables of its own.
constexpr size_t max_together = 4;

constexpr size_t size_bytes = 4;  // of a section's payload, but the last's
constexpr unsigned num_profiles = 2;

void check_length(size_t payload_bytes, uint64_t num_symbols) {
    const uint64_t needed = (8 * num_symbols / decisions_of_a_bit + 7) / 8;
    if (payload_bytes >= needed) return;
    fail(Fault::format, "a payload of " + std::to_string(payload_bytes) +
                            " bytes is too short: " + std::to_string(num_symbols) + " bytes take " +
                            std::to_string(needed) + " at least");
}

// What the model has read before a block.
std::shared_ptr<const Dictionary> dictionary_of(const ModelEntry& entry, const Models& models,
                                                Plan& plan) {
    if (entry.dictionary.empty()) return nullptr;
    std::shared_ptr<const Dictionary> dictionary = models.dictionary(entry.dictionary);
    plan.dictionary = *dictionary;
    return dictionary;
}

// Sections of a block, and their payloads.
struct Sections {
    std::vector<std::span<uint8_t>> contents;
    std::vector<Bytes> payloads;
};

Sections cut(std::span<uint8_t> data, Bytes payload, size_t num_lanes, size_t section_lanes) {
    Sections sections;
    const size_t short_bytes = data.size() / num_lanes;
    const size_t num_long = data.size() % num_lanes;
    const auto start_of = [&](size_t lane) {
        return lane * short_bytes + std::min(lane, num_long);
    };
    for (size_t lane = 0; lane < num_lanes; lane += section_lanes) {
        const size_t end = std::min(lane + section_lanes, num_lanes);
        sections.contents.push_back(data.subspan(start_of(lane), start_of(end) - start_of(lane)));
    }
    const size_t num_sections = sections.contents.size();
    require(payload.size() >= size_bytes * (num_sections - 1), Fault::format,
            "the payloads of the block's sections are longer than the block's");
    Bytes sizes = payload.first(size_bytes * (num_sections - 1));
    payload = payload.subspan(sizes.size());
    for (size_t i = 0; i < num_sections; ++i) {
        size_t size = payload.size();
        if (i + 1 < num_sections) {
            Cursor cursor(sizes);
            size = cursor.word();
            sizes = sizes.subspan(size_bytes);
        }
        require(size <= payload.size(), Fault::format,
                "the payloads of the block's sections are longer than the block's");
        check_length(size, sections.contents[i].size());
        sections.payloads.push_back(payload.first(size));
        payload = payload.subspan(size);
    }
    return sections;
}

void decode_sections(const Plan& plan, const Sections& sections, MemoryBudget memory,
                     const Crew& crew) {
    uint64_t mixture = 0;
    for (const auto& one : sections.contents) {
        mixture =
            std::max(mixture, mixture_bytes(plan.dictionary.size() + one.size(), plan.num_lanes));
    }
    const auto needed = [&](size_t count) {
        return count * mixture + lanes_bytes(plan.network->shape(), count * plan.num_lanes);
    };
    const size_t num_sections = sections.contents.size();
    // Where there are more sections than parts, those of a part share the reading of weights.
    size_t num_parts = std::min(crew.num_parts(), num_sections);
    size_t together = std::min(max_together, (num_sections + num_parts - 1) / num_parts);
    while (num_parts > 1 && !memory.has(num_parts * needed(together))) --num_parts;
    while (together > 1 && !memory.has(num_parts * needed(together))) together = (together + 1) / 2;
    memory.take(num_parts * needed(together));
    const std::span contents(sections.contents);
    const std::span payloads(sections.payloads);
    const size_t num_turns = (num_sections + together - 1) / together;
    const auto decode_turn = [&](size_t turn) {
        const size_t first = turn * together;
        const size_t count = std::min(together, num_sections - first);
        decode(plan, payloads.subspan(first, count), contents.subspan(first, count),
               [&](size_t) { crew.workers.check(); });
    };
    // No more at once than memory has room for: blocks are only side by side where it has no limit.
    const size_t at_once = crew.is_alone ? num_parts : num_turns;
    for (size_t first = 0; first < num_turns; first += at_once) {
        crew.workers.for_each(std::min(at_once, num_turns - first),
                              [&](size_t i) { decode_turn(first + i); });
    }
}

// Contexts alone.
std::vector<uint8_t> decode_plain(const Plan& plan, size_t num_bytes, Bytes payload,
                                  MemoryBudget& memory, const Crew& crew) {
    uint64_t room = plan.dictionary.size() + num_bytes;
    uint64_t copies = 1;
    if (plan.primer != nullptr) {
        room += plan.primer->size();
        copies = 2;  // one is kept for small blocks
    }
    memory.take(num_bytes);
    MemoryBudget(memory).take(copies * mixture_bytes(room, 1));
    std::vector<uint8_t> data(num_bytes);
    const Bytes payloads[] = {payload};
    const std::span<uint8_t> contents[] = {data};
    decode(plan, payloads, contents, [&](size_t) { crew.workers.check(); });
    return data;
}

}  // namespace

std::vector<uint8_t> decode_mix(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                const Models& models, MemoryBudget& memory, const Crew& crew) {
    require(head.num_lanes == 1 && head.variant <= variant_primed, Fault::format,
            "a block of context mixing has one lane and three variants");
    check_length(payload.size(), head.num_symbols);
    Plan plan;
    const auto dictionary = dictionary_of(entry, models, plan);
    plan.profile = static_cast<mix::Profile>(head.variant % num_profiles);
    if (head.variant == variant_primed) plan.primer = &models.primer();
    return decode_plain(plan, head.num_symbols, payload, memory, crew);
}

std::vector<uint8_t> decode_bytenet(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                    const Models& models, MemoryBudget& memory, const Crew& crew) {
    const bool with_network = head.variant >= variant_network;
    require(head.num_lanes <= (with_network ? max_bytenet_lanes : 1), Fault::format,
            "the block has more lanes than its variant");
    check_length(payload.size(), head.num_symbols);
    Plan plan;
    const auto dictionary = dictionary_of(entry, models, plan);
    plan.profile = static_cast<mix::Profile>(head.variant % num_profiles);
    // Contexts alone need no weights.
    if (!with_network) return decode_plain(plan, head.num_symbols, payload, memory, crew);
    const std::shared_ptr<const Network> network = models.network(entry.hash);
    plan.network = &network->network();
    plan.experience = network->experience();
    const auto section_lanes = static_cast<size_t>(plan.network->shape().section_lanes);
    plan.num_lanes = std::min(head.num_lanes, section_lanes);
    require(head.num_lanes == 1 || head.num_lanes % section_lanes == 0, Fault::format,
            "the block's lanes don't make whole sections");
    memory.take(head.num_symbols);
    std::vector<uint8_t> data(head.num_symbols);
    decode_sections(plan, cut(data, payload, head.num_lanes, section_lanes), memory, crew);
    return data;
}

}  // namespace neurocomp::decoder
