#include "weights/json.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/utf8.hpp"

namespace neurocomp::weights {

namespace {

constexpr int max_depth = 64;
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class JsonReader {
   public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    bool whole(Json& value) {
        if (!read(value, 0)) return false;
        skip();
        return text_.empty();
    }

   private:
    void skip() {
        while (!text_.empty() &&
               std::string_view(" \t\n\r").find(text_.front()) != std::string_view::npos) {
            text_.remove_prefix(1);
        }
    }

    bool take(char c) {
        skip();
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool word(std::string_view expected) {
        if (!text_.starts_with(expected)) return false;
        text_.remove_prefix(expected.size());
        return true;
    }

    bool read(Json& value, int depth) {
        skip();
        if (text_.empty() || depth > max_depth) return false;
        switch (text_.front()) {
            case '{':
                return object(value, depth);
            case '[':
                return array(value, depth);
            case '"':
                value.kind_ = Json::Kind::string;
                return string(value.text_);
            case 'n':
                return word("null");
            case 't':
            case 'f':
                value.kind_ = Json::Kind::boolean;
                value.text_ = text_.front() == 't' ? "true" : "false";
                return word(value.text_);
            default:
                value.kind_ = Json::Kind::number;
                return number(value.text_);
        }
    }

    bool array(Json& value, int depth) {
        value.kind_ = Json::Kind::array;
        text_.remove_prefix(1);
        if (take(']')) return true;
        do {
            if (!read(value.items_.emplace_back(), depth + 1)) return false;
        } while (take(','));
        return take(']');
    }

    bool object(Json& value, int depth) {
        value.kind_ = Json::Kind::object;
        text_.remove_prefix(1);
        auto& members = value.members_;
        if (take('}')) return true;
        do {
            skip();
            auto& [name, member] = members.emplace_back();
            if (!string(name) || !take(':') || !read(member, depth + 1)) return false;
        } while (take(','));
        if (!take('}')) return false;
        std::sort(members.begin(), members.end(),
                  [](const auto& one, const auto& other) { return one.first < other.first; });
        return std::adjacent_find(members.begin(), members.end(),
                                  [](const auto& one, const auto& other) {
                                      return one.first == other.first;
                                  }) == members.end();
    }

    bool digits() {
        const size_t before = text_.size();
        while (!text_.empty() && is_digit(text_.front())) text_.remove_prefix(1);
        return text_.size() < before;
    }

    bool number(std::string& out) {
        const std::string_view from = text_;
        word("-");
        if (!word("0") && !digits()) return false;
        if (word(".") && !digits()) return false;
        if (word("e") || word("E")) {
            if (!word("+")) word("-");
            if (!digits()) return false;
        }
        out = from.substr(0, from.size() - text_.size());
        return true;
    }

    bool unit(uint32_t& value) {
        if (text_.size() < 4) return false;
        const std::string_view digits = text_.substr(0, 4);
        const auto [stop, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc() || stop != digits.data() + digits.size()) return false;
        text_.remove_prefix(4);
        return true;
    }

    bool escape(std::string& out) {
        if (text_.empty()) return false;
        const char kind = text_.front();
        text_.remove_prefix(1);
        if (kind != 'u') {
            constexpr std::string_view kinds = "\"\\/bfnrt";
            const size_t place = kinds.find(kind);
            if (place == std::string_view::npos) return false;
            out.push_back("\"\\/\b\f\n\r\t"[place]);
            return true;
        }
        uint32_t point = 0;
        if (!unit(point) || (point >= first_low_surrogate && point <= last_surrogate)) return false;
        if (point >= first_surrogate && point < first_low_surrogate) {
            uint32_t low = 0;
            if (!word("\\u") || !unit(low)) return false;
            if (low < first_low_surrogate || low > last_surrogate) return false;
            point = first_pair + ((point - first_surrogate) << 10) + (low - first_low_surrogate);
        }
        append_utf8(out, point);
        return true;
    }

    bool string(std::string& out) {
        if (!word("\"")) return false;
        while (!text_.empty()) {
            if (word("\"")) return true;
            if (word("\\")) {
                if (!escape(out)) return false;
                continue;
            }
            uint32_t point = 0;
            if (!take_utf8(text_, point) || point < 0x20) return false;
            append_utf8(out, point);
        }
        return false;
    }

    std::string_view text_;
};

std::optional<Json> Json::parse(std::string_view text) {
    Json value;
    if (!JsonReader(text).whole(value)) return std::nullopt;
    return value;
}

std::optional<int64_t> Json::integer() const {
    if (kind_ != Kind::number) return std::nullopt;
    int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

const Json* Json::find(std::string_view name) const {
    const auto found = std::lower_bound(
        members_.begin(), members_.end(), name,
        [](const auto& member, std::string_view key) { return member.first < key; });
    return found == members_.end() || found->first != name ? nullptr : &found->second;
}

void append_canonical(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto put_unit = [&](uint32_t unit) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[unit >> shift & 15]);
    };
    out.push_back('"');
    while (!text.empty()) {
        uint32_t point = 0;
        if (!take_utf8(text, point)) break;  // no string that was read
        constexpr std::string_view kinds = "\"\\\b\f\n\r\t";
        constexpr size_t none = std::string_view::npos;
        const size_t place = point < 0x80 ? kinds.find(static_cast<char>(point)) : none;
        if (place != none) {
            out.push_back('\\');
            out.push_back("\"\\bfnrt"[place]);
        } else if (point >= first_pair) {
            put_unit(first_surrogate + ((point - first_pair) >> 10));
            put_unit(first_low_surrogate + ((point - first_pair) & 0x3FF));
        } else if (point < 0x20 || point > 0x7E) {
            put_unit(point);
        } else {
            out.push_back(static_cast<char>(point));
        }
    }
    out.push_back('"');
}

void Json::append_canonical(std::string& out) const {
    switch (kind_) {
        case Kind::null:
            out += "null";
            break;
        case Kind::boolean:
        case Kind::number:
            out += text_;
            break;
        case Kind::string:
            weights::append_canonical(out, text_);
            break;
        case Kind::array:
            out.push_back('[');
            for (const Json& item : items_) {
                if (&item != items_.data()) out.push_back(',');
                item.append_canonical(out);
            }
            out.push_back(']');
            break;
        case Kind::object:
            out.push_back('{');
            for (const auto& member : members_) {
                if (&member != members_.data()) out.push_back(',');
                weights::append_canonical(out, member.first);
                out.push_back(':');
                member.second.append_canonical(out);
            }
            out.push_back('}');
            break;
    }
}

}  // namespace neurocomp::weights
