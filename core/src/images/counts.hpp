// Which codes followed contexts, and how often.
//
// Contexts are in a hash table of open addressing (linear probing); each has a list of entries, one
// for each code that followed it, up to max_codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neurocomp::images {

inline constexpr int32_t max_count = (1 << 15) - 1;

// Different codes of one context that are counted: so much work a context is at most.
inline constexpr int32_t max_codes = 64;

struct Context {
    int32_t first = -1;  // entry
    int32_t times = 0;   // how often the context was there
    int32_t number = 0;  // of entries
};

struct Entry {
    int32_t code;
    int32_t count;
    int32_t next;  // entry of the context, or -1
};

// The table, which grows as it fills up, and is emptied when it would have more than `max_entries`.
class CodeCounts {
   public:
    // Throws std::bad_alloc.
    CodeCounts(size_t first_entries, size_t max_entries);

    // Counts that the contexts of each of n rows of `num_keys` keys were followed by a code of (n,);
    // a key of 0 is no context.  Throws std::bad_alloc.
    void add(const uint64_t* keys, size_t num_keys, const int32_t* codes, size_t num_codes);

    // The context of a key that is not 0, or null.
    const Context* find(uint64_t key) const;
    const Entry& entry(int32_t number) const { return entries_[static_cast<size_t>(number)]; }
    // The entry of a code in a context's list, or -1.
    int32_t find_entry(const Context& context, int32_t code) const;

    size_t num_contexts() const;

   private:
    void allocate(size_t capacity);
    // The row of a key, or the free one where it belongs: half of the rows are free at least.
    size_t row_of(uint64_t key) const;

    size_t first_entries_;
    size_t max_entries_;
    std::vector<uint64_t> keys_;     // (2 capacity,), 0 where there is no context
    std::vector<Context> contexts_;  // (2 capacity,)
    std::vector<Entry> entries_;     // in use
    size_t capacity_ = 0;            // of entries
};

}  // namespace neurocomp::images
