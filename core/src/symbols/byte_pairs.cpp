#include "symbols/byte_pairs.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/utf8.hpp"
#include "weights/error.hpp"
#include "weights/json.hpp"

namespace neurocomp::symbols {

using weights::BadModel;
using weights::Json;

namespace {

constexpr size_t max_tokens = size_t{1} << 20;
constexpr size_t num_bytes = 256;
constexpr std::string_view pieces_rule = "pieces";
constexpr std::array<std::string_view, 5> rules = {"gpt2", "digits", "triples", "singles",
                                                   pieces_rule};
constexpr std::string_view piece_space = "\xE2\x96\x81";  // U+2581

[[noreturn]] void fail() { throw BadModel("the tokenizer is damaged"); }

// A token, its number, and whether a merge makes it.
struct Token {
    std::string_view text;
    size_t number;
    bool is_merged = false;
};

// Tokens by their text.
class Vocabulary {
   public:
    explicit Vocabulary(const Json& vocab) {
        if (vocab.kind() != Json::Kind::object || vocab.members().size() > max_tokens) fail();
        std::vector<bool> is_taken(max_tokens);
        for (const auto& [text, value] : vocab.members()) {
            const std::optional<int64_t> number = value.integer();
            if (!number || *number < 0 || *number >= int64_t{max_tokens}) fail();
            const auto place = static_cast<size_t>(*number);
            if (is_taken[place]) fail();
            is_taken[place] = true;
            tokens_.push_back({text, place});
        }
        std::sort(tokens_.begin(), tokens_.end(),
                  [](const Token& one, const Token& other) { return one.text < other.text; });
    }

    // Takes a merge, "left right", whose parts and result are tokens.
    void take_merge(const Json& merge) {
        if (merge.kind() != Json::Kind::string) fail();
        const std::string& pair = merge.text();
        const size_t space = pair.find(' ');
        if (space == std::string::npos || pair.find(' ', space + 1) != std::string::npos) fail();
        const std::string left = pair.substr(0, space), right = pair.substr(space + 1);
        find(left);
        find(right);
        find(left + right).is_merged = true;
    }

    const std::vector<Token>& tokens() const { return tokens_; }

   private:
    Token& find(std::string_view text) {
        const auto found =
            std::lower_bound(tokens_.begin(), tokens_.end(), text,
                             [](const Token& one, std::string_view key) { return one.text < key; });
        if (found == tokens_.end() || found->text != text) fail();
        return *found;
    }

    std::vector<Token> tokens_;
};

// The next code point of a text that is known to be UTF-8.
uint32_t take_point(std::string_view& text) {
    uint32_t point = 0;
    if (!take_utf8(text, point)) fail();
    return point;
}

bool is_one_character(std::string_view text) {
    if (text.empty()) return false;
    take_point(text);
    return text.empty();
}

// Which byte a character stands for: printable ones of Latin-1 for themselves, the others, in their
// order, are U+0100 and on.  -1 for those that stand for none.
class ByteCharacters {
   public:
    ByteCharacters() {
        bytes_.fill(-1);
        size_t next = num_bytes;
        for (size_t byte = 0; byte < num_bytes; ++byte) {
            const bool is_printable =
                (byte >= 0x21 && byte < 0x7F) || (byte >= 0xA1 && byte < 0xAD) || byte >= 0xAE;
            bytes_[is_printable ? byte : next++] = static_cast<int16_t>(byte);
        }
    }
    int byte(uint32_t point) const { return point < bytes_.size() ? bytes_[point] : -1; }

   private:
    std::array<int16_t, 2 * num_bytes> bytes_;
};

// The bytes of a token whose characters each stand for one; nothing where one doesn't.
std::optional<std::vector<uint8_t>> bytes_of(std::string_view text,
                                             const ByteCharacters& characters) {
    std::vector<uint8_t> bytes;
    while (!text.empty()) {
        const int byte = characters.byte(take_point(text));
        if (byte < 0) return std::nullopt;
        bytes.push_back(static_cast<uint8_t>(byte));
    }
    return bytes;
}

int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The bytes of a piece: text with signs for spaces, or <0x00> to <0xFF>.
std::optional<std::vector<uint8_t>> bytes_of_piece(const Token& token) {
    const std::string_view text = token.text;
    if (text.size() == 6 && text.starts_with("<0x") && text.back() == '>') {
        const int high = hexadecimal(text[3]), low = hexadecimal(text[4]);
        if (high >= 0 && low >= 0) return std::vector{static_cast<uint8_t>(16 * high + low)};
    }
    if (!token.is_merged && !is_one_character(text)) return std::nullopt;
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < text.size();) {
        if (text.substr(i).starts_with(piece_space)) {
            bytes.push_back(' ');
            i += piece_space.size();
        } else {
            bytes.push_back(static_cast<uint8_t>(text[i++]));
        }
    }
    return bytes;
}

}  // namespace

BytePairs::BytePairs(std::string_view tokenizer) {
    const std::optional<Json> fields = Json::parse(tokenizer);
    if (!fields) fail();
    const Json* const vocab = fields->find("vocab");
    const Json* const merges = fields->find("merges");
    if (vocab == nullptr || merges == nullptr || merges->kind() != Json::Kind::array) fail();
    const Json* const rule = fields->find("rule");
    const std::string_view name = rule == nullptr ? rules[0] : std::string_view(rule->text());
    if (std::find(rules.begin(), rules.end(), name) == rules.end()) {
        throw BadModel("the tokenizer cuts words by a rule that is not known",
                       BadModel::Kind::unsupported);
    }
    Vocabulary vocabulary(*vocab);
    for (const Json& merge : merges->items()) vocabulary.take_merge(merge);

    const ByteCharacters characters;
    std::vector<std::vector<uint8_t>> contents;
    std::set<uint8_t> singles;
    for (const Token& token : vocabulary.tokens()) {
        std::optional<std::vector<uint8_t>> bytes;
        if (name == pieces_rule) {
            bytes = bytes_of_piece(token);
        } else if (token.is_merged || is_one_character(token.text)) {
            bytes = bytes_of(token.text, characters);
        }
        if (!bytes) continue;
        if (bytes->size() == 1) singles.insert(bytes->front());
        if (token.number >= contents.size()) contents.resize(token.number + 1);
        contents[token.number] = std::move(*bytes);
    }
    if (singles.size() != num_bytes) {
        throw BadModel("the vocabulary has tokens for " + std::to_string(singles.size()) +
                       " bytes, not for 256");
    }
    starts_.push_back(0);
    for (const auto& one : contents) {
        bytes_.insert(bytes_.end(), one.begin(), one.end());
        starts_.push_back(bytes_.size());
    }
}

}  // namespace neurocomp::symbols
