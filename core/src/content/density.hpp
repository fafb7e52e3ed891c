// Whether content is as dense as random bytes, so that no model would shrink it.
//
// Compressed and encrypted files are: each byte value is as frequent as any other, whatever came
// before it, and nothing comes twice.  Each test here counts what would be there by chance and tells
// how much more there is; content is dense only where all of them find next to nothing.  They look
// for what a model learns while it codes (docs/experiments.md has what they cost and miss):
//
// - bytes, and pairs of bytes, that are more frequent than others, in all of the content;
// - windows of a few hundred bytes in which some values are much more frequent than others: text,
//   tables, headers among what is dense;
// - differences between bytes at a distance that are not as frequent as others: records, samples;
// - strings that come again at any distance, found by what they begin with.
//
// All of it is integers and a function of the content alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace neurocomp::content {

// Fewer bytes are coded to see: that takes a tenth of a second.
inline constexpr size_t min_dense_bytes = size_t{1} << 12;

// One in so many bytes: what promises less is not worth coding.  That is 0.3 %.
inline constexpr uint64_t trifle = 300;

// Whether no model would make `content` shorter by a trifle.  `before` is what the model has read
// before it, where that may come again.
bool is_dense(std::span<const uint8_t> content, std::span<const uint8_t> before);

}  // namespace neurocomp::content
