#include "language/vocabulary.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace neurocomp::language {

namespace {

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

}  // namespace

Vocabulary::Vocabulary(std::span<const uint8_t> bytes, std::span<const int32_t> starts)
    : bytes_(bytes.begin(), bytes.end()), starts_(starts.begin(), starts.end()) {
    constexpr size_t most = size_t{1} << 20;
    require(starts.size() >= 2 && starts.size() - 1 <= most &&
                bytes.size() <= size_t{std::numeric_limits<int32_t>::max()},
            "a vocabulary's size is out of range");
    require(starts.front() == 0 && static_cast<size_t>(starts.back()) == bytes.size(),
            "a vocabulary's tokens don't fit its bytes");
    for (size_t i = 0; i + 1 < starts.size(); ++i) {
        require(starts[i] <= starts[i + 1] &&
                    static_cast<size_t>(starts[i + 1] - starts[i]) <= max_token_bytes,
                "a vocabulary's token is too long");
    }
    rank_.assign(starts.size() - 1, -1);
    sort();
    grow();
    const Prefix& all = root();
    require(all.num_children == 256, "a byte has no token of its own");
    for (size_t i = 0; i < 256; ++i) {
        require(prefixes_[all.first_child + i].completes, "a byte has no token of its own");
    }
}

void Vocabulary::sort() {
    for (size_t i = 0; i < rank_.size(); ++i) {
        if (starts_[i] < starts_[i + 1]) order_.push_back(static_cast<int32_t>(i));
    }
    const auto less = [this](int32_t one, int32_t other) {
        return std::ranges::lexicographical_compare(content(one), content(other));
    };
    std::sort(order_.begin(), order_.end(), less);
    for (size_t i = 0; i < order_.size(); ++i) {
        require(i == 0 || less(order_[i - 1], order_[i]), "two tokens have the same bytes");
        rank_[static_cast<size_t>(order_[i])] = static_cast<int32_t>(i);
    }
}

// Prefixes by rising length, so that those of one byte more lie side by side.
void Vocabulary::grow() {
    struct Grown {
        size_t number, length;
    };
    std::vector<Grown> waiting = {{0, 0}};
    prefixes_.push_back({0, static_cast<uint32_t>(order_.size()), 0, 0, 0, false});
    for (size_t next = 0; next < waiting.size(); ++next) {
        const auto [number, length] = waiting[next];
        const uint32_t last = prefixes_[number].last;
        uint32_t at = prefixes_[number].first;
        if (at < last && length > 0 && content(order_[at]).size() == length) {
            prefixes_[number].completes = true;
            ++at;
        }
        prefixes_[number].first_child = static_cast<uint32_t>(prefixes_.size());
        while (at < last) {
            const uint8_t byte = content(order_[at])[length];
            uint32_t end = at + 1;
            while (end < last && content(order_[end])[length] == byte) ++end;
            waiting.push_back({prefixes_.size(), length + 1});
            prefixes_.push_back({at, end, 0, 0, byte, false});
            ++prefixes_[number].num_children;
            at = end;
        }
    }
}

}  // namespace neurocomp::language
