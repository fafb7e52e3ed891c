// Embeddings of hashed n-grams, as they are kept: most have few different levels, so that one byte
// names up to four of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/inlining.hpp"
#include "base/memory.hpp"

namespace neurocomp::network {

class HashedRows {
   public:
    static constexpr size_t max_group = 4;
    using Levels = std::array<std::array<int8_t, max_group>, 256>;  // of each group's name

    // Bytes that `expand` may write after a row.
    static constexpr size_t margin = 2 * max_group;

    HashedRows() = default;
    // Rows of names, which stand for `group_size` levels each; the last ones of a row may be
    // more than its width.
    HashedRows(Array<uint8_t> names, size_t names_per_row, size_t group_size, const Levels& levels)
        : names_(std::move(names)),
          names_per_row_(names_per_row),
          group_size_(group_size),
          levels_(levels) {}
    // Rows of levels as they are.
    HashedRows(Array<uint8_t> levels, size_t width)
        : names_(std::move(levels)), names_per_row_(width) {
        for (size_t i = 0; i < levels_.size(); ++i) {
            levels_[i][0] = static_cast<int8_t>(static_cast<uint8_t>(i));
        }
    }

    size_t num_names() const { return names_.size(); }

    // Writes a row of levels, and up to `margin` bytes after it.
    NEUROCOMP_INLINE void expand(size_t row, int8_t* out) const {
        const uint8_t* const names = names_.data() + row * names_per_row_;
        if (group_size_ == 1) {  // names are levels, or stand for one
            for (size_t i = 0; i < names_per_row_; ++i) out[i] = levels_[names[i]][0];
            return;
        }
        for (size_t i = 0; i < names_per_row_; ++i, out += group_size_) {
            std::memcpy(out, levels_[names[i]].data(), max_group);
        }
    }

    // The largest magnitude of a level that a row may have.
    int most() const {
        int largest = 0;
        for (const auto& group : levels_) {
            for (const int8_t level : group) largest = std::max(largest, std::abs(int{level}));
        }
        return largest;
    }

   private:
    Array<uint8_t> names_;
    size_t names_per_row_ = 0;
    size_t group_size_ = 1;
    Levels levels_{};
};

}  // namespace neurocomp::network
