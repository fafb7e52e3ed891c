#include "sections/sections.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sections/coding.hpp"
#include "sections/lock_step.hpp"

namespace neurocomp {

namespace {

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

void check_size(const Plan& plan, size_t num_bytes) {
    const size_t before =
        plan.dictionary.size() + (plan.primer == nullptr ? 0 : plan.primer->size());
    require(before <= max_section_bytes && num_bytes <= max_section_bytes - before,
            "a section is too large");
}

// The payload of what was encoded; nothing where it is too long.
std::optional<Payload> payload_of(Writing& coding) {
    size_t size = 0;
    if (coding.is_spent || !coding.coder.finish(size)) return std::nullopt;
    coding.payload.resize(size);
    return std::move(coding.payload);
}

}  // namespace

void Plan::check() const {
    require(num_lanes >= 1, "a section has lanes");
    if (network == nullptr) require(num_lanes == 1, "contexts alone have one lane");
    if (primer != nullptr) {
        require(network == nullptr && profile == mix::Profile::text,
                "a primer goes before text that contexts code alone");
    }
}

std::vector<std::optional<Payload>> encode(const Plan& plan, std::span<const Bytes> sections,
                                           size_t room, const Progress& progress) {
    plan.check();
    std::vector<std::unique_ptr<Encoding>> codings;
    for (const Bytes section : sections) {
        check_size(plan, section.size());
        codings.push_back(std::make_unique<Encoding>(plan, section, room));
    }
    code_all(plan, codings, progress);
    std::vector<std::optional<Payload>> payloads;
    payloads.reserve(codings.size());
    for (auto& coding : codings) payloads.push_back(payload_of(*coding));
    return payloads;
}

std::optional<Payload> trace(const Plan& plan, Bytes section, size_t room, const mix::Tape& tape,
                             const Progress& progress) {
    plan.check();
    check_size(plan, section.size());
    std::vector<std::unique_ptr<Tracing>> codings;
    codings.push_back(std::make_unique<Tracing>(plan, section, room, tape));
    code_all(plan, codings, progress);
    return payload_of(*codings.front());
}

void decode(const Plan& plan, std::span<const Bytes> payloads,
            std::span<const std::span<uint8_t>> sections, const Progress& progress) {
    plan.check();
    require(payloads.size() == sections.size(), "each section has a payload");
    std::vector<std::unique_ptr<Decoding>> codings;
    for (size_t i = 0; i < sections.size(); ++i) {
        check_size(plan, sections[i].size());
        codings.push_back(std::make_unique<Decoding>(plan, payloads[i], sections[i]));
    }
    code_all(plan, codings, progress);
    for (const auto& coding : codings) {
        if (coding->is_spent) throw DamagedPayload("the payload ends before the block does");
    }
    for (const auto& coding : codings) {
        if (!coding->coder.finish()) {
            throw DamagedPayload("the payload is not what its content is coded as");
        }
    }
}

std::unique_ptr<const mix::Tables> learn(const Plan& plan, Bytes section) {
    plan.check();
    check_size(plan, section.size());
    // Any bits fit: two bytes each at most.
    std::vector<std::unique_ptr<Encoding>> codings;
    codings.push_back(std::make_unique<Encoding>(plan, section, 16 * section.size() + 3));
    code_all(plan, codings, [](size_t) {});
    return codings.front()->mixture.take_tables();
}

}  // namespace neurocomp
