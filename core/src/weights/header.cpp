#include "weights/header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/constants.hpp"
#include "base/little_endian.hpp"

namespace neurocomp::weights {

namespace {

constexpr size_t length_bytes = 8;
constexpr std::string_view metadata_name = "__metadata__";
constexpr std::string_view our_name = "neurocomp";

struct TypeName {
    std::string_view in_files;
    std::string_view hashed;
};

constexpr std::array<TypeName, 8> type_names = {{{"I8", "int8"},
                                                 {"I16", "int16"},
                                                 {"I32", "int32"},
                                                 {"I64", "int64"},
                                                 {"U8", "uint8"},
                                                 {"U16", "uint16"},
                                                 {"U32", "uint32"},
                                                 {"U64", "uint64"}}};

std::optional<Type> find_type(std::string_view name, std::string_view TypeName::* kind) {
    for (size_t i = 0; i < type_names.size(); ++i) {
        if (type_names[i].*kind == name) return static_cast<Type>(i);
    }
    return std::nullopt;
}

Place place_of(const std::string& name, const Json& entry) {
    const Json& type = member(entry, "dtype", Json::Kind::string);
    const Json& offsets = member(entry, "data_offsets", Json::Kind::array);
    const std::vector<size_t> ends = sizes_of(offsets, name);
    const std::optional<Type> known = type_in_files(type.text());
    if (!known) {
        throw BadModel("tensor " + quoted(name) + " is " + quoted(type.text()) +
                           ": a stored model holds integers only",
                       BadModel::Kind::unsupported);
    }
    Place place{name, *known, sizes_of(member(entry, "shape", Json::Kind::array), name), 0, 0};
    if (ends.size() != 2 || ends[1] < ends[0] || place.shape.size() > format::max_dimensions) {
        throw BadModel("tensor " + quoted(name) + " has no shape and place");
    }
    place.begin = ends[0];
    place.end = ends[1];
    const std::optional<size_t> size =
        product(place.shape, std::numeric_limits<size_t>::max() / item_bytes(*known));
    if (!size || *size * item_bytes(*known) != place.end - place.begin) {
        throw BadModel("tensor " + quoted(name) + " has other bytes than its shape says");
    }
    return place;
}

uint8_t hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
    throw BadModel("its header has no hash");
}

}  // namespace

std::optional<Type> type_in_files(std::string_view name) {
    return find_type(name, &TypeName::in_files);
}

std::optional<Type> hashed_type(std::string_view name) {
    return find_type(name, &TypeName::hashed);
}

std::string_view hashed_name(Type type) { return type_names[static_cast<size_t>(type)].hashed; }

std::string quoted(const std::string& name) {
    std::string text;
    append_canonical(text, name);
    return text;
}

const Json& member(const Json& object, std::string_view name, Json::Kind kind) {
    const Json* const found = object.find(name);
    if (found == nullptr || found->kind() != kind) {
        throw BadModel("its header lacks " + std::string(name));
    }
    return *found;
}

std::optional<size_t> product(const std::vector<size_t>& sizes, size_t most) {
    size_t result = 1;
    for (const size_t one : sizes) {
        if (one == 0) return 0;
    }
    for (const size_t one : sizes) {
        if (one > most / result) return std::nullopt;
        result *= one;
    }
    return result;
}

std::vector<size_t> sizes_of(const Json& array, const std::string& name) {
    std::vector<size_t> sizes;
    for (const Json& item : array.items()) {
        const std::optional<int64_t> size = item.integer();
        if (!size || *size < 0)
            throw BadModel("tensor " + quoted(name) + " has no shape and place");
        sizes.push_back(static_cast<size_t>(*size));
    }
    return sizes;
}

std::vector<Place> places_of(const Json& header, size_t num_bytes) {
    std::vector<Place> places;
    if (header.members().size() > format::max_tensors + 2)
        throw BadModel("it has too many tensors");
    for (const auto& [name, entry] : header.members()) {
        if (name != metadata_name) places.push_back(place_of(name, entry));
    }
    std::sort(places.begin(), places.end(), [](const Place& one, const Place& other) {
        return std::pair(one.begin, one.end) < std::pair(other.begin, other.end);
    });
    size_t end = 0;
    for (const Place& place : places) {
        if (place.begin != end) throw BadModel("its tensors overlap, or leave gaps");
        end = place.end;
    }
    if (end != num_bytes) throw BadModel("its tensors end elsewhere than the file");
    return places;
}

Digest digest_of(const std::string& text) {
    Digest digest{};
    if (text.size() != 2 * digest.size()) throw BadModel("its header has no hash");
    for (size_t i = 0; i < digest.size(); ++i) {
        const uint8_t high = hex_digit(text[2 * i]);
        digest[i] = static_cast<uint8_t>(high << 4 | hex_digit(text[2 * i + 1]));
    }
    return digest;
}

std::string hex_of(const Digest& digest) {
    std::string text;
    for (const uint8_t byte : digest) {
        text.push_back("0123456789abcdef"[byte >> 4]);
        text.push_back("0123456789abcdef"[byte & 15]);
    }
    return text;
}

Json header_of(Bytes file) {
    if (file.size() < length_bytes) throw BadModel("it is no safetensors file, or cut short");
    const auto length = load_little<uint64_t>(file.data());
    if (length > file.size() - length_bytes || length > format::max_layout_bytes) {
        throw BadModel("it is no safetensors file, or cut short");
    }
    const auto* const text = reinterpret_cast<const char*>(file.data()) + length_bytes;
    std::optional<Json> header = Json::parse({text, static_cast<size_t>(length)});
    if (!header || header->kind() != Json::Kind::object) throw BadModel("its header is no JSON");
    return *std::move(header);
}

Json metadata_of(const Json& header) {
    const Json& free_texts = member(header, metadata_name, Json::Kind::object);
    const std::string& text = member(free_texts, our_name, Json::Kind::string).text();
    if (text.size() > format::max_metadata_bytes) throw BadModel("its metadata are too large");
    std::optional<Json> metadata = Json::parse(text);
    if (!metadata) throw BadModel("its metadata are no JSON");
    return *std::move(metadata);
}

Bytes content_of(Bytes file) {
    const auto length = load_little<uint64_t>(file.data());
    return file.subspan(length_bytes + static_cast<size_t>(length));
}

}  // namespace neurocomp::weights
