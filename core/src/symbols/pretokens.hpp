// Cutting text into the words that GPT-2's byte pairs are merged within.
//
// The rule is 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::symbols {

// What a character is to the rule.
enum class CharacterClass : uint8_t { sign, letter, number, space };

// Writes where each word ends to `ends` (size,) and returns how many words there are.
//
// `codes` are code points, `classes` their CharacterClass, (size,) each.
size_t find_word_ends(const uint32_t* codes, const uint8_t* classes, size_t size, int64_t* ends);

}  // namespace neurocomp::symbols
