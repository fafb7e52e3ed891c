// Payloads of context mixing: what is decoded is coded as the same payload again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "decoder/packaged.hpp"
#include "input.hpp"
#include "sections/sections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace neurocomp;
    static Primer primer({decoder::primer_text, decoder::primer_bytes});
    const fuzz::Coded coded(data, size);
    Plan plan;
    plan.profile = static_cast<mix::Profile>(coded.variant % 2);
    if (coded.variant == 2) plan.primer = &primer;
    std::vector<uint8_t> content(std::min<size_t>(coded.num_bytes, 4000));
    const Bytes payloads[] = {coded.payload};
    const std::span<uint8_t> sections[] = {content};
    try {
        decode(plan, payloads, sections, [](size_t) {});
    } catch (const DamagedPayload&) {
        return 0;
    }
    const Bytes contents[] = {content};
    const auto coded_again = encode(plan, contents, coded.payload.size(), [](size_t) {});
    const auto& again = coded_again[0];
    if (!again ||
        !std::equal(again->begin(), again->end(), coded.payload.begin(), coded.payload.end())) {
        std::abort();
    }
    return 0;
}
