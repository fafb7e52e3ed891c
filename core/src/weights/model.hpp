// Model files: named tensors of integers and a configuration, under one hash (docs/format.md, 6.2).
//
//     const Model model = read_model(bytes, Check::checksum);
//     const auto network = make_network(model);   // weights/byte_network.hpp
//
// Everything that a file says is checked before it is believed, and nothing is allocated that the
// file does not hold, but what its packed tensors unpack to: 2**27 elements at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"
#include "weights/error.hpp"
#include "weights/json.hpp"
#include "weights/packing.hpp"

namespace neurocomp::weights {

// A tensor in its file.
class StoredTensor {
   public:
    StoredTensor(std::string name, Type type, std::vector<size_t> shape, Bytes content,
                 bool is_packed);

    const std::string& name() const { return name_; }
    Type type() const { return type_; }
    const std::vector<size_t>& shape() const { return shape_; }
    // Its elements, or what they are packed as.
    Bytes content() const { return content_; }
    bool is_packed() const { return is_packed_; }

    size_t num_elements() const;
    size_t num_bytes() const { return num_elements() * item_bytes(type_); }
    // The last dimension; 1 of a scalar.  Packed tensors are cut into rows of it.
    size_t row_width() const { return shape_.empty() ? 1 : shape_.back(); }
    // Of one that is packed.  Throws BadModel where it is damaged.
    Packed packed() const;
    // Writes the elements, little-endian, `num_bytes` of them.  Throws BadModel.
    void copy(uint8_t* out) const;

   private:
    std::string name_;
    Type type_;
    std::vector<size_t> shape_;
    Bytes content_;
    bool is_packed_;
};

struct Model {
    int version;  // of the file: 1 is plain, 3 has packed tensors and a checksum
    std::string architecture;
    Json config;
    Digest sha256;                      // which the file claims: the model's identity
    std::vector<StoredTensor> tensors;  // by name

    // Null where there is none of that name.
    const StoredTensor* find(std::string_view name) const;
    // The hash of architecture, configuration and unpacked tensors.  Throws BadModel.
    Digest identity() const;
};

// What is compared before a file is believed.
enum class Check : uint8_t {
    identity,  // the hash of what it holds
    checksum,  // that of the file, where its version has one, and else the hash: for files of ours
    nothing,   // for files that were checked, or just made
};

// Returns what a file holds; its tensors lie in `file`, which is to outlive them.
// Throws BadModel.
Model read_model(Bytes file, Check check);

}  // namespace neurocomp::weights
