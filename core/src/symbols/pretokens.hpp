// Cutting text into the words that byte pairs are merged within.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::symbols {

// What a character is to the rules.
enum class CharacterClass : uint8_t { sign, letter, number, space };

// Rules of vocabularies, as regular expressions.
//
// gpt2:    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// digits:  \p{N} alone first, then that of gpt2 for what lies between
// triples: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//          ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// singles: the same with \p{N} in the place of \p{N}{1,3}
enum class Rule : uint8_t { gpt2, digits, triples, singles };

// Writes where each word ends to `ends` (size,) and returns how many words there are.
//
// `codes` are code points, `classes` their CharacterClass, (size,) each.
size_t find_word_ends(Rule rule, const uint32_t* codes, const uint8_t* classes, size_t size,
                      int64_t* ends);

}  // namespace neurocomp::symbols
