#include "weights/model.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/crc32.hpp"
#include "base/little_endian.hpp"

namespace neurocomp::weights {

namespace {

constexpr size_t length_bytes = 8;
constexpr size_t checksum_bytes = 4;
constexpr uint64_t max_header_bytes = uint64_t{1} << 24;
constexpr size_t max_metadata_bytes = size_t{1} << 20;
constexpr size_t max_tensors = size_t{1} << 14;
constexpr size_t max_dimensions = 32;
constexpr int plain_version = 1;
constexpr int packed_version = 3;
constexpr std::string_view metadata_name = "__metadata__";
constexpr std::string_view our_name = "neurocomp";
constexpr std::string_view checksum_name = "crc32";

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

std::optional<Type> type_of(std::string_view name, std::string_view TypeName::* kind) {
    for (size_t i = 0; i < type_names.size(); ++i) {
        if (type_names[i].*kind == name) return static_cast<Type>(i);
    }
    return std::nullopt;
}

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

// A product of sizes that is at most `most`, or nothing.
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

// Where a tensor lies, as a header says.
struct Place {
    std::string name;
    Type type;
    std::vector<size_t> shape;
    size_t begin;
    size_t end;
};

Place place_of(const std::string& name, const Json& entry) {
    const Json& type = member(entry, "dtype", Json::Kind::string);
    const Json& offsets = member(entry, "data_offsets", Json::Kind::array);
    const std::vector<size_t> ends = sizes_of(offsets, name);
    const std::optional<Type> known = type_of(type.text(), &TypeName::in_files);
    if (!known) {
        throw BadModel("tensor " + quoted(name) + " is " + quoted(type.text()) +
                           ": a stored model holds integers only",
                       BadModel::Kind::unsupported);
    }
    Place place{name, *known, sizes_of(member(entry, "shape", Json::Kind::array), name), 0, 0};
    if (ends.size() != 2 || ends[1] < ends[0] || place.shape.size() > max_dimensions) {
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

// Tensors in their order, which fill `num_bytes` without gaps.
std::vector<Place> places_of(const Json& header, size_t num_bytes) {
    std::vector<Place> places;
    if (header.members().size() > max_tensors + 2) throw BadModel("it has too many tensors");
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

uint8_t hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
    throw BadModel("its header has no hash");
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

// A packed tensor, of the form that the metadata say.
StoredTensor packed_tensor(const Place& place, Bytes content, const Json& form, size_t& room) {
    const std::string what = "tensor " + quoted(place.name) + " is packed in no form that is known";
    const auto& items = form.items();
    if (items.size() != 2 || items[1].kind() != Json::Kind::array || place.type != Type::uint8) {
        throw BadModel(what);
    }
    const std::optional<Type> type = type_of(items[0].text(), &TypeName::hashed);
    std::vector<size_t> shape = sizes_of(items[1], place.name);
    if (!type || shape.size() > max_dimensions) throw BadModel(what);
    const std::optional<size_t> size = product(shape, room);
    if (!size) throw BadModel("more than 134217728 elements are packed");
    if (*size == 0) throw BadModel(what);
    room -= *size;
    return {place.name, *type, std::move(shape), content, true};
}

void take_tensors(Model& model, const std::vector<Place>& places, Bytes content,
                  const Json* forms) {
    size_t room = max_elements;
    size_t num_packed = 0;
    for (const Place& place : places) {
        if (model.version == packed_version && place.name == checksum_name) continue;
        const Bytes bytes = content.subspan(place.begin, place.end - place.begin);
        const Json* const form = forms == nullptr ? nullptr : forms->find(place.name);
        if (form == nullptr) {
            model.tensors.emplace_back(place.name, place.type, place.shape, bytes, false);
        } else {
            model.tensors.push_back(packed_tensor(place, bytes, *form, room));
            ++num_packed;
        }
    }
    if (forms != nullptr && num_packed != forms->members().size()) {
        throw BadModel("a packed tensor is not there");
    }
    std::sort(model.tensors.begin(), model.tensors.end(),
              [](const auto& one, const auto& other) { return one.name() < other.name(); });
}

void verify_checksum(Bytes file, const std::vector<Place>& places) {
    if (places.empty() || places.back().name != checksum_name ||
        places.back().type != Type::uint8 || places.back().shape != std::vector{checksum_bytes}) {
        throw BadModel("it lacks its checksum");
    }
    const auto expected = load_little<uint32_t>(file.last(checksum_bytes).data());
    if (crc32(file.first(file.size() - checksum_bytes)) != expected) {
        throw BadModel("its checksum is another");
    }
}

Json header_of(Bytes file) {
    if (file.size() < length_bytes) throw BadModel("it is no safetensors file, or cut short");
    const auto length = load_little<uint64_t>(file.data());
    if (length > file.size() - length_bytes || length > max_header_bytes) {
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
    if (text.size() > max_metadata_bytes) throw BadModel("its metadata are too large");
    std::optional<Json> metadata = Json::parse(text);
    if (!metadata) throw BadModel("its metadata are no JSON");
    return *std::move(metadata);
}

}  // namespace

StoredTensor::StoredTensor(std::string name, Type type, std::vector<size_t> shape, Bytes content,
                           bool is_packed)
    : name_(std::move(name)),
      type_(type),
      shape_(std::move(shape)),
      content_(content),
      is_packed_(is_packed) {}

size_t StoredTensor::num_elements() const {
    size_t size = 1;  // it fits: the reader has looked
    for (const size_t one : shape_) size *= one;
    return size;
}

Packed StoredTensor::packed() const {
    try {
        return {content_, type_, num_elements() / row_width(), row_width()};
    } catch (const BadModel& error) {
        throw BadModel("tensor " + quoted(name_) + ": " + error.what());
    }
}

void StoredTensor::copy(uint8_t* out) const {
    if (!is_packed_) {
        std::copy(content_.begin(), content_.end(), out);
        return;
    }
    const Packed form = packed();
    try {
        form.unpack(out);
    } catch (const BadModel& error) {
        throw BadModel("tensor " + quoted(name_) + ": " + error.what());
    }
}

const StoredTensor* Model::find(std::string_view name) const {
    const auto found = std::lower_bound(
        tensors.begin(), tensors.end(), name,
        [](const StoredTensor& one, std::string_view key) { return one.name() < key; });
    return found == tensors.end() || found->name() != name ? nullptr : &*found;
}

Digest Model::identity() const {
    Sha256 hash;
    const auto add = [&](std::string text) {
        text.push_back('\0');
        hash.update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    };
    std::string head = "[";
    append_canonical(head, architecture);
    head.push_back(',');
    config.append_canonical(head);
    add(head + "]");
    std::vector<uint8_t> elements;
    for (const StoredTensor& tensor : tensors) {
        std::string text = "[";
        append_canonical(text, tensor.name());
        text += ",\"";
        text += type_names[static_cast<size_t>(tensor.type())].hashed;
        text += "\",[";
        for (size_t i = 0; i < tensor.shape().size(); ++i) {
            if (i > 0) text.push_back(',');
            text += std::to_string(tensor.shape()[i]);
        }
        add(text + "]]");
        if (!tensor.is_packed()) {
            hash.update(tensor.content());
            continue;
        }
        elements.resize(tensor.num_bytes());
        tensor.copy(elements.data());
        hash.update(elements);
    }
    return hash.finish();
}

Model read_model(Bytes file, Check check) {
    const Json header = header_of(file);
    const Json metadata = metadata_of(header);
    const std::optional<int64_t> version =
        member(metadata, "version", Json::Kind::number).integer();
    if (version && *version > packed_version) {
        throw BadModel("it is a model file of version " + std::to_string(*version) +
                           ", this neurocomp reads up to 3: install a newer one",
                       BadModel::Kind::unsupported);
    }
    if (version != plain_version && version != packed_version) {
        throw BadModel("its metadata have no version that is known");
    }
    Model model{static_cast<int>(*version),
                member(metadata, "architecture", Json::Kind::string).text(),
                member(metadata, "config", Json::Kind::object),
                digest_of(member(metadata, "sha256", Json::Kind::string).text()),
                {}};
    const auto length = load_little<uint64_t>(file.data());
    const Bytes content = file.subspan(length_bytes + static_cast<size_t>(length));
    const std::vector<Place> places = places_of(header, content.size());
    const bool has_checksum = *version == packed_version;
    if (has_checksum && check != Check::nothing) verify_checksum(file, places);
    take_tensors(model, places, content,
                 has_checksum ? &member(metadata, "packed", Json::Kind::object) : nullptr);
    if (check == Check::identity || (check == Check::checksum && !has_checksum)) {
        if (const Digest found = model.identity(); found != model.sha256) {
            throw BadModel(
                "its content has SHA-256 " + hex_of(found) + ", it records " + hex_of(model.sha256),
                BadModel::Kind::mismatch);
        }
    }
    return model;
}

}  // namespace neurocomp::weights
