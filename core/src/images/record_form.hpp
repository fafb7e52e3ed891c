// Where the lanes of a block are in their records, and what the form leaves no choice about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "images/records.hpp"

namespace neurocomp::images {

// All lanes are at the same place of their records.
class RecordForm {
   public:
    RecordForm(const RecordShape& shape, const Head& head, size_t num_lanes);

    Kind kind() const { return head_.kind; }
    int damping() const { return head_.damping; }
    // In a record, of the next symbols; and in an image.
    size_t place() const { return place_; }
    size_t code_place() const { return place_ - text_symbols_; }
    // Whether the next symbols are of captions.
    bool is_text() const { return place_ < text_symbols_; }
    // Whether they are their records' last.
    bool is_last() const { return place_ + 1 == record_symbols_; }
    bool ends_text() const { return place_ + 1 == text_symbols_; }
    // Whether an image may be missing here.
    bool may_end() const { return kind() == Kind::both && place_ == text_symbols_; }
    // The symbol that must come in a lane, or -1.
    int32_t forced(size_t lane) const;

    // Throws DamagedPayload where symbols (lanes,) can't be next.
    void check(const int32_t* symbols) const;
    // Goes to the next place, after symbols (lanes,).
    void advance(const int32_t* symbols);

   private:
    struct Lane {
        size_t slot;
        bool is_padded = false;
        bool is_blank = false;
    };

    const RecordShape& shape_;
    Head head_;
    size_t text_symbols_;
    size_t record_symbols_;
    size_t place_ = 0;
    std::vector<Lane> lanes_;
};

}  // namespace neurocomp::images
