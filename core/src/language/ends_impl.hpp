// Whether a token ends after a byte.  Included by mixture_impl.hpp only.
#pragma once

#include "language/mixture.hpp"
#include "mix/bits_impl.hpp"

namespace neurocomp::language {

namespace {

constexpr int32_t end_rate = 60;
constexpr uint32_t end_count_limit = 60;
constexpr int32_t end_weight_limit = (1 << 19) - 1;

// What an end's prediction was made of.
struct EndInputs {
    size_t entries[Ends::num_contexts];
    int32_t inputs[Ends::num_inputs];
    size_t row;
    int32_t probability;  // of 65536
    int32_t raw;          // log odds of the language model
    int match_step;       // 2 * step + expected, or -1
};

NEUROCOMP_INLINE void set_end_contexts(const Mixture& mixture, const mix::Lane& lane, size_t prefix,
                                       uint64_t length, EndInputs& end) {
    uint64_t recent = 0;  // the last six bytes, the last one lowest
    for (int back = 0; back < 6; ++back) {
        recent |= uint64_t{mix::byte_at(mixture.tables, lane.position - 1 - back)} << (8 * back);
    }
    for (int k = 0; k < Ends::num_contexts; ++k) {
        const uint64_t content = k == 0 ? prefix : mix::last_bytes(recent, k) | length << 56;
        const uint64_t hash = mix::combine(static_cast<uint64_t>(k) + 1, content);
        end.entries[k] =
            static_cast<size_t>(k) * (mixture.ends.mask + 1) + ((hash >> 20) & mixture.ends.mask);
    }
}

// What the longest match says: whether a token ended after the byte that it followed.
NEUROCOMP_INLINE void set_end_match(const Mixture& mixture, const mix::Lane& lane, EndInputs& end) {
    end.match_step = -1;
    end.inputs[Ends::match_input] = 0;
    for (const mix::Match& match : lane.matches) {
        if (match.length == 0 || match.pointer == 0) continue;
        const int step = mix::step_of(match.length);
        const int expected = mixture.ends.flags[static_cast<size_t>(match.pointer - 1)];
        const uint32_t map = mixture.ends.match_maps[static_cast<size_t>(step)];
        const int32_t odds = mixture.tables.constants.stretch[mix::probability12(map)];
        end.match_step = 2 * step + expected;
        end.inputs[Ends::match_input] = expected != 0 ? odds : -odds;
    }
}

// Log odds of an end.  `raw` are the language model's, `second` those of the second opinion.
NEUROCOMP_INLINE int32_t predict_end(const Mixture& mixture, const mix::Lane& lane, size_t prefix,
                                     size_t length, int32_t raw, int32_t second, EndInputs& end) {
    const mix::Constants& constants = mixture.tables.constants;
    set_end_contexts(mixture, lane, prefix, smaller<size_t>(length, 255), end);
    for (size_t k = 0; k < Ends::num_contexts; ++k) {
        const uint32_t entry = mixture.ends.maps[end.entries[k]];
        const auto count = static_cast<int32_t>(entry & mix::count_limit);
        const auto probability = static_cast<int32_t>(mix::probability12(entry));
        end.inputs[2 * k] = count == 0 ? 0 : constants.stretch[probability];
        end.inputs[2 * k + 1] = count == 0 ? 0 : ((probability - 2048) * smaller(count, 8)) >> 3;
    }
    end.raw = raw;
    end.inputs[Ends::model_input] = clamp(raw, mix::stretch_limit);
    end.inputs[Ends::bias_input] = 256;
    end.inputs[Ends::second_input] = second;
    set_end_match(mixture, lane, end);
    const size_t kind = end.match_step < 0 ? 0 : end.match_step < 32 ? 1 : 2;
    const auto sure =
        static_cast<size_t>(smaller(magnitude(end.inputs[Ends::model_input]) >> 7, 15));
    end.row = 256 * kind + 16 * smaller<size_t>(length, 15) + sure;
    const int32_t* const row = mixture.ends.weights.data() + end.row * Ends::num_inputs;
    int32_t sum = 0;
    for (int i = 0; i < Ends::num_inputs; ++i) sum += (end.inputs[i] * row[i]) >> 8;
    const int32_t mixed = clamp(sum >> 8, mix::squash_limit);
    end.probability = constants.squash[mixed + mix::squash_limit];
    return mixed;
}

NEUROCOMP_INLINE void learn_end(Mixture& mixture, const EndInputs& end, int bit) {
    const mix::Constants& constants = mixture.tables.constants;
    const int32_t error = (((bit << 16) - end.probability) * end_rate) >> 10;
    int32_t* const row = mixture.ends.weights.data() + end.row * Ends::num_inputs;
    for (int i = 0; i < Ends::num_inputs; ++i) {
        const int32_t step = (end.inputs[i] * error + (1 << 13)) >> 14;
        row[i] = clamp(row[i] + step, end_weight_limit);
    }
    for (const size_t place : end.entries) {
        uint32_t& entry = mixture.ends.maps[place];
        entry = mix::learned(constants, entry, bit, end_count_limit);
    }
    if (end.match_step >= 0) {
        uint32_t& entry = mixture.ends.match_maps[static_cast<size_t>(end.match_step >> 1)];
        entry = mix::learned(constants, entry, (end.match_step & 1) == bit ? 1 : 0, 255);
    }
}

}  // namespace

}  // namespace neurocomp::language
