// Headers of model files, as safetensors has them: where tensors lie, and what ours say besides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"
#include "weights/error.hpp"
#include "weights/json.hpp"
#include "weights/packing.hpp"

namespace neurocomp::weights {

// Where a tensor lies, as a header says.
struct Place {
    std::string name;
    Type type;
    std::vector<size_t> shape;
    size_t begin;
    size_t end;
};

// Types by their names in files, and as they are hashed.
std::optional<Type> type_in_files(std::string_view name);
std::optional<Type> hashed_type(std::string_view name);
std::string_view hashed_name(Type type);

// A name as messages show it.
std::string quoted(const std::string& name);

// All functions below throw BadModel.

// The member of an object that has to be there, and of a kind.
const Json& member(const Json& object, std::string_view name, Json::Kind kind);

// A product of sizes that is at most `most`, or nothing.
std::optional<size_t> product(const std::vector<size_t>& sizes, size_t most);
// Sizes of a tensor of that name.
std::vector<size_t> sizes_of(const Json& array, const std::string& name);

// The header of a file, and what of it is ours.
Json header_of(Bytes file);
Json metadata_of(const Json& header);
// What comes after the header.
Bytes content_of(Bytes file);
// Tensors in their order, which fill `num_bytes` without gaps.
std::vector<Place> places_of(const Json& header, size_t num_bytes);

Digest digest_of(const std::string& text);
std::string hex_of(const Digest& digest);

}  // namespace neurocomp::weights
