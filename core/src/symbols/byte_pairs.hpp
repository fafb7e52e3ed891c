// What the tokens of a byte-level vocabulary stand for (docs/format.md, 4).
//
// How an encoder cuts text into tokens is no business of a decoder: the bytes of a block are those of
// its tokens, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace neurocomp::symbols {

class BytePairs {
   public:
    // Of a tokenizer's JSON.  Throws weights::BadModel where it is damaged, has no token for a byte,
    // or a rule that is not known.
    explicit BytePairs(std::string_view tokenizer);

    // Whether a token stands for content: some, such as <|endoftext|>, have a meaning and none.
    bool has(size_t token) const {
        return token + 1 < starts_.size() && starts_[token] < starts_[token + 1];
    }
    // The bytes of a token that stands for content.
    std::span<const uint8_t> content(size_t token) const {
        return {bytes_.data() + starts_[token], starts_[token + 1] - starts_[token]};
    }

   private:
    std::vector<uint8_t> bytes_;
    std::vector<size_t> starts_;
};

}  // namespace neurocomp::symbols
