// Sizes of the mixture's parts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::mix {

inline constexpr int num_contexts = 20;
inline constexpr int num_matches = 2;

// Inputs of the mixers.  In memory the log odds of all sources come first, then for each the second
// input, so that what belongs to the contexts lies in one piece.  `stored_input` has their order in
// files: two for each context, two for each match, order 0, a constant, two for a network.
inline constexpr int num_sources = num_contexts + num_matches + 2;
inline constexpr int num_inputs = 2 * num_sources;
inline constexpr int match_source = num_contexts;
inline constexpr int order0_input = num_contexts + num_matches;
inline constexpr int bias_input = num_sources + order0_input;
inline constexpr int network_source = order0_input + 1;

// Where an input is in memory.
constexpr int input_in_memory(int stored_input) {
    const int source = stored_input / 2;
    return stored_input % 2 == 0 ? source : num_sources + source;
}

// Rows of each set of weights; the rows of all sets lie in one array.  The last is for a network.
inline constexpr int num_sets = 7;
inline constexpr int network_set = num_sets - 1;
inline constexpr int first_row[num_sets] = {0, 768, 1024, 1152, 1408, 1472, 2496};
inline constexpr int num_rows = 2624;

// Rows of the final mixers, which mix the sets and are averaged; without a network only the first.
inline constexpr int num_finals = 3;
inline constexpr int first_final_row[num_finals] = {0, 256, 384};
inline constexpr int num_final_rows = 640;
inline constexpr int final_width = 8;  // of a row in memory: the sets, and a zero

// Final maps: for each of so many contexts one probability a nat from -12 to +12.
inline constexpr int num_apms = 3;
inline constexpr int apm_contexts = 1 << 16;
inline constexpr int apm_points = 25;

inline constexpr int max_record = 1024;  // bytes of the longest record that is looked for
inline constexpr int match_steps = 32;   // of a match's length
inline constexpr int num_histories = 256;

// Bytes of a block's history beyond its end that may be looked at.
inline constexpr size_t history_margin = 16;

enum class Profile : uint8_t { text = 0, binary = 1 };

}  // namespace neurocomp::mix
