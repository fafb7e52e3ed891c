// Payloads of a small byte network in lanes: what is decoded is coded as the same payload again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "input.hpp"
#include "sections/sections.hpp"
#include "weights/byte_network.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace neurocomp;
    static const auto network = [] {
        const std::vector<uint8_t> file = fuzz::read_file(FUZZED_NETWORK);
        return weights::make_network(weights::read_model(file, weights::Check::identity));
    }();
    const fuzz::Coded coded(data, size);
    Plan plan;
    plan.profile = static_cast<mix::Profile>(coded.variant % 2);
    plan.num_lanes = coded.num_lanes;
    plan.network = &network->network();
    plan.experience = network->experience();
    std::vector<uint8_t> content(std::min<size_t>(coded.num_bytes, 2000));
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
