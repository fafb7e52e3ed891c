// Contexts of an image's code: its place, the codes around it, and the caption's rarest tokens.
//
// A context is known by a 64-bit key, the hash of its number and its parts.  A set has few contexts
// beside 2**64 keys, and two that share one would merely be counted together.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::images {

inline constexpr size_t num_image_contexts = 8;
inline constexpr size_t num_rarest = 3;  // tokens of a caption that contexts have
inline constexpr size_t num_caption_contexts = num_rarest + 1;
inline constexpr size_t num_contexts = num_image_contexts + num_caption_contexts;

// Writes the keys of the contexts of the code at `place`, in raster order; 0 where one is not there.
//
// `image` has the codes before that place, `rarest` the caption's rarest tokens, the rarest first,
// -1 where there is none; 0 <= place, 1 <= num_columns.
void write_keys(const int32_t* image, const int32_t* rarest, size_t place, size_t num_columns,
                uint64_t* keys);

// Writes a caption's tokens of the lowest counts, of equal ones the earlier; -1 where there is none.
void choose_rarest(const int32_t* tokens, size_t num_tokens, const int32_t* counts, int32_t* out);

}  // namespace neurocomp::images
