#include "language/mixture.hpp"

#include <algorithm>
#include <numeric>

#include "base/integers.hpp"
#include "base/processor.hpp"

namespace neurocomp::language {

namespace {

constexpr mix::Pace pace = {14, 30, 20};
// Of a token's end: the language model's alone, and both where there is a second opinion.
constexpr int32_t model_weight = 65536;
constexpr int32_t context_weight = 1500;
constexpr int32_t shared_weights[2] = {61440, 8192};
constexpr uint32_t first_count = 30;  // of certainties, which have seen no decision yet

// e**-(8 + half_nats / 2) in units of 2**-22.
uint32_t doubt(int half_nats) {
    // e**-0.5 in 30 bits, and e**-8 in 60.
    constexpr uint64_t half = 651257336;
    uint64_t value = 386762077700730;
    for (int i = 0; i < half_nats; ++i) {
        value = (value >> 30) * half + (((value & 0x3FFFFFFF) * half) >> 30);
    }
    return static_cast<uint32_t>(value >> 38);
}

size_t total(std::span<const size_t> sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), size_t{0});
}

}  // namespace

Ends::Ends(size_t block_bytes, bool with_second)
    : mask((uint64_t{1} << std::clamp(bit_length(block_bytes), 10, 18)) - 1),
      maps(num_contexts * (mask + 1)),
      weights(num_rows * num_inputs),
      match_maps(num_match_steps),
      flags(block_bytes + mix::history_margin) {
    maps.fill(uint32_t{1} << 31);
    match_maps.fill(uint32_t{7} << 29);
    for (size_t row = 0; row < num_rows; ++row) {
        int32_t* const out = weights.data() + row * num_inputs;
        for (size_t k = 0; k < num_contexts; ++k) out[2 * k] = context_weight;
        out[model_input] = with_second ? shared_weights[0] : model_weight;
        out[second_input] = with_second ? shared_weights[1] : 0;
    }
}

Certainties::Certainties() {
    for (int i = 0; i < num_model_steps; ++i) {
        const uint32_t right = (uint32_t{1} << 22) - 1 - doubt(i);
        std::fill_n(maps + ptrdiff_t{i} * num_mixed_steps, num_mixed_steps,
                    right << 10 | first_count);
    }
}

Mixture::Mixture(const Vocabulary& known, mix::Profile profile, std::span<const size_t> sizes,
                 const SecondModel* other, const uint8_t* content)
    : vocabulary(known),
      tables(total(sizes), true),
      ends(total(sizes), other != nullptr),
      bias(known.order().size()),
      weights((bias.size() + group_size - 1) / group_size * group_size),
      sums(weights.size() / group_size + 1) {
    tables.trust_network();
    int64_t start = 0;
    for (const size_t size : sizes) {
        const int64_t end = start + static_cast<int64_t>(size);
        const auto num_lanes = static_cast<int64_t>(sizes.size());
        lanes.push_back({mix::Lane(profile, true, true, start, num_lanes), end});
        lanes.back().mix.pace = pace;
        start = end;
    }
    if (other == nullptr) return;
    second = std::make_unique<Second>(*other, vocabulary, profile, sizes, content);
}

const Kernels& kernels() {
#if defined(__x86_64__) || defined(_M_X64)
    if (processor_in_use() >= Processor::avx2) return avx2_kernels;
#endif
    return baseline_kernels;
}

}  // namespace neurocomp::language
