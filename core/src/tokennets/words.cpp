#include "tokennets/words.hpp"

#include "exact/scaling.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::tokennets {

using weights::BadModel;

namespace {

constexpr size_t max_alphabet_size = 60'000;
constexpr int64_t head_limit = int64_t{1} << 24;  // of logits, in units of 2**-10

}  // namespace

size_t read_size(const weights::Json& fields, const char* name, size_t most) {
    return static_cast<size_t>(weights::read_integer(fields, name, 1, static_cast<int64_t>(most)));
}

Config::Config(const weights::Json& fields, size_t num_fields)
    : alphabet_size(read_size(fields, "alphabet_size", max_alphabet_size)),
      width(read_size(fields, "width", exact::max_width)),
      epsilon(weights::read_integer(fields, "epsilon", 1, int64_t{1} << 50)),
      embedding_shift(weights::read_integer(fields, "embedding_shift", 1, 61)),
      start_symbol(static_cast<int32_t>(weights::read_integer(
          fields, "start_symbol", 0, static_cast<int64_t>(alphabet_size) - 1))) {
    if (alphabet_size < 2) throw BadModel("the alphabet of a network of tokens is too small");
    if (fields.members().size() != num_fields) {
        throw BadModel("a network's configuration has members that are not known");
    }
}

Words::Words(const weights::Model& stored, const Config& config)
    : width_(config.width),
      head_(read_layer(stored, "head", config.alphabet_size, config.width, head_limit)),
      embedding_(stored, "head.weight", config.alphabet_size, config.width, config.embedding_shift,
                 &head_),
      exp2_(weights::read_exp2(stored)) {}

void Words::write_vectors(const int32_t* symbols, size_t count, int32_t* out) const {
    for (size_t i = 0; i < count; ++i) {
        exact::embed(embedding_.view(), width_, static_cast<size_t>(symbols[i]), nullptr,
                     out + i * width_);
    }
}

weights::StoredLayer read_layer(const weights::Model& stored, const std::string& name,
                                size_t num_outputs, size_t num_inputs, int64_t clip) {
    const auto scale = weights::read_tensor<int64_t>(stored, name + ".scale", {2});
    return {stored, name, num_outputs, num_inputs, {scale[0], scale[1], clip}};
}

}  // namespace neurocomp::tokennets
