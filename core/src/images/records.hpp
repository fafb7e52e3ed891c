// Sets of captions and token grids as records of equal length in lanes: docs/format.md, 4.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/constants.hpp"

namespace neurocomp::images {

inline constexpr size_t head_symbols = 8;  // that each lane begins with
inline constexpr int num_dampings = 16;

enum class Kind : uint8_t { both, images, captions };

// What the head of lane 0 says.
struct Head {
    Kind kind;
    int damping;       // of the logits of codes
    size_t num_empty;  // slots that are left empty at the start
};

// Sizes of records, and the alphabet that they are written in: tokens of captions, `pad`, the codes
// of images, `end`.
struct RecordShape {
    size_t num_tokens;
    size_t text_length;  // tokens of a caption in one record
    size_t rows;         // of an image's codes
    size_t columns;
    size_t num_codes;

    int32_t pad() const { return static_cast<int32_t>(num_tokens); }
    int32_t first_code() const { return pad() + 1; }
    int32_t end() const { return first_code() + static_cast<int32_t>(num_codes); }
    size_t alphabet_size() const { return num_tokens + num_codes + 2; }
    size_t num_latents() const { return rows * columns; }
    bool is_code(int32_t symbol) const { return symbol >= first_code() && symbol < end(); }

    // Symbols of a record: of its caption, and in all.
    size_t text_symbols(Kind kind) const { return kind == Kind::images ? 0 : text_length; }
    size_t record_symbols(Kind kind) const {
        return text_symbols(kind) + (kind == Kind::captions ? 0 : num_latents());
    }
    // Lanes of a stream of that length.
    size_t num_lanes(size_t num_symbols) const;
    // More symbols than a writer makes of a token file of so many bytes: at most every other slot is
    // empty, and a record takes a byte of the file at least, or each of its codes a bit.
    uint64_t max_symbols(uint64_t num_bytes) const {
        const uint64_t largest = text_length + num_latents();
        return format::max_record_lanes * head_symbols +
               2 * num_bytes * (largest < 8 ? 8 : largest);
    }
};

// How many symbols, 0 and on, may come next in the head of lane 0, all of them alike.
int32_t head_choices(std::span<const int32_t> before, size_t num_lanes);

// Throws DamagedPayload where no writer writes it.
Head read_head(std::span<const int32_t> symbols);

// The records of a set in their order.
struct Records {
    Kind kind;
    std::vector<std::vector<int32_t>> captions;  // tokens of each
    std::vector<uint16_t> codes;                 // of all images, one after the other
};

// Throws DamagedPayload where the symbols of a stream, lane after lane, are not records.
Records read_records(const RecordShape& shape, std::span<const uint32_t> symbols);

}  // namespace neurocomp::images
