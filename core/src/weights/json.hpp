// The JSON of model files: strict (RFC 8259, no name twice), in UTF-8, and its canonical form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace neurocomp::weights {

class Json {
   public:
    enum class Kind : uint8_t { null, boolean, number, string, array, object };

    // Nothing where `text` is none.
    static std::optional<Json> parse(std::string_view text);

    Kind kind() const { return kind_; }
    // Of a string in UTF-8; of a number, or of true and false, as it was written.
    const std::string& text() const { return text_; }
    // A number without fraction and exponent that fits; else nothing.
    std::optional<int64_t> integer() const;
    const std::vector<Json>& items() const { return items_; }
    // Of an object, by name, in the order of the names.
    const std::vector<std::pair<std::string, Json>>& members() const { return members_; }
    // The member of that name of an object; else null.
    const Json* find(std::string_view name) const;

    // Appends the one text that is hashed: names in order, no white space, ASCII.
    void append_canonical(std::string& out) const;

   private:
    friend class JsonReader;

    Kind kind_ = Kind::null;
    std::string text_;
    std::vector<Json> items_;
    std::vector<std::pair<std::string, Json>> members_;
};

// Appends a string in UTF-8 as canonical JSON has it.
void append_canonical(std::string& out, std::string_view text);

}  // namespace neurocomp::weights
