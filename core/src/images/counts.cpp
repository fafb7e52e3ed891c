#include "images/counts.hpp"

#include <bit>

#include "base/integers.hpp"

namespace neurocomp::images {

CodeCounts::CodeCounts(size_t first_entries, size_t max_entries)
    : first_entries_(std::bit_ceil(first_entries)), max_entries_(max_entries) {
    allocate(first_entries_);
}

void CodeCounts::allocate(size_t capacity) {
    capacity_ = capacity;
    keys_.assign(2 * capacity, 0);
    contexts_.assign(2 * capacity, Context{});
    entries_.reserve(capacity);
}

size_t CodeCounts::row_of(uint64_t key) const {
    const size_t mask = keys_.size() - 1;
    auto row = static_cast<size_t>(key) & mask;
    while (keys_[row] != 0 && keys_[row] != key) row = (row + 1) & mask;
    return row;
}

const Context* CodeCounts::find(uint64_t key) const {
    const size_t row = row_of(key);
    return keys_[row] == 0 ? nullptr : &contexts_[row];
}

int32_t CodeCounts::find_entry(const Context& context, int32_t code) const {
    int32_t number = context.first;
    while (number >= 0 && entry(number).code != code) number = entry(number).next;
    return number;
}

size_t CodeCounts::num_contexts() const {
    size_t number = 0;
    for (const uint64_t key : keys_) number += key != 0 ? 1 : 0;
    return number;
}

void CodeCounts::add(const uint64_t* keys, size_t num_keys, const int32_t* codes,
                     size_t num_codes) {
    // Each key takes one entry and one context at most.
    const size_t news = num_keys * num_codes;
    const size_t needed = entries_.size() + news;
    if (needed > max_entries_) {
        entries_.clear();
        allocate(larger(first_entries_, std::bit_ceil(news)));
    } else if (needed > capacity_) {
        const std::vector<uint64_t> old_keys = static_cast<std::vector<uint64_t>&&>(keys_);
        const std::vector<Context> old_contexts = static_cast<std::vector<Context>&&>(contexts_);
        allocate(std::bit_ceil(needed));
        for (size_t old = 0; old < old_keys.size(); ++old) {
            if (old_keys[old] == 0) continue;
            const size_t row = row_of(old_keys[old]);
            keys_[row] = old_keys[old];
            contexts_[row] = old_contexts[old];
        }
    }
    for (size_t i = 0; i < news; ++i) {
        const uint64_t key = keys[i];
        const int32_t code = codes[i / num_keys];
        if (key == 0) continue;
        const size_t row = row_of(key);
        keys_[row] = key;
        Context& context = contexts_[row];
        ++context.times;
        int32_t number = find_entry(context, code);
        if (number < 0) {
            if (context.number == max_codes) continue;
            number = static_cast<int32_t>(entries_.size());
            entries_.push_back({code, 0, context.first});
            context.first = number;
            ++context.number;
        }
        int32_t& count = entries_[static_cast<size_t>(number)].count;
        count = smaller(count + 1, max_count);
    }
}

}  // namespace neurocomp::images
