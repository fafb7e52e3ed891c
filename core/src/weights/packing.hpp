// Integers of a tensor, entropy-coded: docs/format.md, 6.2.
//
// Every integer is in an interval of 2**n integers (n is 0 where there are few different ones), and
// some neighbouring integers of a row are a group, which one byte names.  Groups are coded by rANS,
// and what tells the members of an interval apart follows as it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace neurocomp::weights {

using Bytes = std::span<const uint8_t>;

enum class Type : uint8_t { int8, int16, int32, int64, uint8, uint16, uint32, uint64 };

constexpr size_t item_bytes(Type type) { return size_t{1} << (static_cast<unsigned>(type) % 4); }
constexpr bool is_signed(Type type) { return type <= Type::int64; }

// Integers as they lie in files: little-endian, one row after the other.
// The least and the greatest integer that a packed tensor of this type may hold.
std::pair<int64_t, int64_t> range_of(Type type);

struct Elements {
    Type type;
    const uint8_t* data;
    size_t num_rows;
    size_t row_width;  // at least 1

    size_t size() const { return num_rows * row_width; }
    // As a number modulo 2**64.
    uint64_t at(size_t index) const;
};

inline constexpr int max_group = 4;

// The form of smallest size; nothing where a magnitude is 2**59 or more, or there are no elements.
std::optional<std::vector<uint8_t>> pack(const Elements& elements);

// A packed tensor's head, and where its parts are.
class Packed {
   public:
    // Throws BadModel where the payload is damaged.  It is to outlive this.
    Packed(Bytes payload, Type type, size_t num_rows, size_t row_width);

    // Writes all elements, little-endian.  Throws BadModel where they are none.
    void unpack(uint8_t* out) const;

    // Bytes that name the groups of a row.
    size_t groups_per_row() const { return (row_width_ + group_size_ - 1) / group_size_; }
    size_t group_size() const { return group_size_; }
    // Whether groups are all there is to know, and their integers have 8 bits.
    bool is_narrow() const;
    // The integers of each group of a narrow tensor.
    std::array<std::array<int8_t, max_group>, 256> narrow_groups() const;
    // Writes the names of all groups, row by row.  Throws BadModel where they are none.
    void unpack_groups(std::span<uint8_t> out) const;

   private:
    struct Interval {
        uint64_t low;
        int bits;
    };

    template <typename T>
    void unpack_as(uint8_t* out) const;

    Type type_;
    size_t num_rows_;
    size_t row_width_;
    size_t distance_ = 0;
    size_t group_size_ = 1;
    int table_bits_ = 0;
    std::vector<Interval> intervals_;
    std::vector<std::array<uint8_t, max_group>> groups_;  // intervals of each
    std::vector<uint32_t> frequencies_;
    Bytes coded_;
    Bytes rests_;
};

}  // namespace neurocomp::weights
