// The tokens of a vocabulary, sorted by their bytes: those that share a prefix lie side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neurocomp::language {

inline constexpr size_t max_token_bytes = size_t{1} << 12;

// A prefix of tokens.
struct Prefix {
    uint32_t first, last;  // of the sorted tokens that begin with it: first .. last - 1
    uint32_t first_child;  // prefixes of one byte more, by rising byte
    uint16_t num_children;
    uint8_t byte;    // its last
    bool completes;  // the token `first` is the prefix itself
};

class Vocabulary {
   public:
    // Token number i has bytes[starts[i]] .. bytes[starts[i + 1] - 1]; none for one that is never
    // coded.  Throws std::invalid_argument unless each of the 256 bytes is a token of its own, no two
    // tokens have the same bytes, and none has more than max_token_bytes.
    Vocabulary(std::span<const uint8_t> bytes, std::span<const int32_t> starts);

    size_t alphabet_size() const { return rank_.size(); }
    // Sorted tokens, by their numbers.
    const std::vector<int32_t>& order() const { return order_; }
    const Prefix* prefixes() const { return prefixes_.data(); }
    size_t num_prefixes() const { return prefixes_.size(); }
    const Prefix& root() const { return prefixes_.front(); }

    // Whether a token is coded.
    bool has(int32_t token) const {
        return token >= 0 && static_cast<size_t>(token) < rank_.size() &&
               rank_[static_cast<size_t>(token)] >= 0;
    }
    std::span<const uint8_t> content(int32_t token) const {
        const auto number = static_cast<size_t>(token);
        return {bytes_.data() + starts_[number],
                static_cast<size_t>(starts_[number + 1] - starts_[number])};
    }

   private:
    void sort();
    void grow();

    std::vector<uint8_t> bytes_;
    std::vector<int32_t> starts_;
    std::vector<int32_t> order_;
    std::vector<int32_t> rank_;  // of each token among the sorted ones, or -1
    std::vector<Prefix> prefixes_;
};

}  // namespace neurocomp::language
