#include "weights/model.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/constants.hpp"
#include "base/crc32.hpp"
#include "base/little_endian.hpp"
#include "weights/header.hpp"

namespace neurocomp::weights {

namespace {

constexpr std::string_view checksum_name = "crc32";

// A packed tensor, of the form that the metadata say.
StoredTensor packed_tensor(const Place& place, Bytes content, const Json& form, size_t& room) {
    const std::string what = "tensor " + quoted(place.name) + " is packed in no form that is known";
    const auto& items = form.items();
    if (items.size() != 2 || items[1].kind() != Json::Kind::array || place.type != Type::uint8) {
        throw BadModel(what);
    }
    const std::optional<Type> type = hashed_type(items[0].text());
    std::vector<size_t> shape = sizes_of(items[1], place.name);
    if (!type || shape.size() > format::max_dimensions) throw BadModel(what);
    const std::optional<size_t> size = product(shape, room);
    if (!size) throw BadModel("more than 134217728 elements are packed");
    if (*size == 0) throw BadModel(what);
    room -= *size;
    return {place.name, *type, std::move(shape), content, true};
}

void take_tensors(Model& model, const std::vector<Place>& places, Bytes content,
                  const Json* forms) {
    size_t room = format::max_elements;
    size_t num_packed = 0;
    for (const Place& place : places) {
        if (model.version == format::packed_version && place.name == checksum_name) continue;
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
        places.back().type != Type::uint8 ||
        places.back().shape != std::vector<size_t>{format::checksum_bytes}) {
        throw BadModel("it lacks its checksum");
    }
    const auto expected = load_little<uint32_t>(file.last(format::checksum_bytes).data());
    if (crc32(file.first(file.size() - format::checksum_bytes)) != expected) {
        throw BadModel("its checksum is another");
    }
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
        text += hashed_name(tensor.type());
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
    if (version && *version > format::packed_version) {
        throw BadModel("it is a model file of version " + std::to_string(*version) +
                           ", this neurocomp reads up to 3: install a newer one",
                       BadModel::Kind::unsupported);
    }
    if (version != format::file_version && version != format::packed_version) {
        throw BadModel("its metadata have no version that is known");
    }
    Model model{static_cast<int>(*version),
                member(metadata, "architecture", Json::Kind::string).text(),
                member(metadata, "config", Json::Kind::object),
                digest_of(member(metadata, "sha256", Json::Kind::string).text()),
                {}};
    const Bytes content = content_of(file);
    const std::vector<Place> places = places_of(header, content.size());
    const bool has_checksum = *version == format::packed_version;
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
