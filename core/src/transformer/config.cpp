#include "transformer/config.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "exact/scaling.hpp"
#include "weights/error.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::transformer {

using weights::BadModel;
using weights::Json;

namespace {

constexpr size_t max_layers = 256;
constexpr size_t max_context = size_t{1} << 15;
constexpr size_t max_heads = 1024;
constexpr size_t min_head_width = 3;  // of windows that are read again: queries fit 16 bits
constexpr size_t max_inner_width = size_t{1} << 15;
constexpr size_t most_sinks = 64;
constexpr std::array<std::string_view, 3> activations = {"gelu_new", "silu", "sigmoid"};

size_t size_of(const Json& fields, std::string_view name, size_t least, size_t most) {
    return static_cast<size_t>(weights::read_integer(fields, name, static_cast<int64_t>(least),
                                                     static_cast<int64_t>(most)));
}

bool flag_of(const Json& fields, std::string_view name) {
    const Json* const value = fields.find(name);
    if (value == nullptr || value->kind() != Json::Kind::boolean) {
        throw BadModel("a transformer's configuration lacks " + std::string(name));
    }
    return value->text() == "true";
}

// A flag that earlier models don't have.
bool is_set(const Json& fields, std::string_view name) {
    return fields.find(name) != nullptr && flag_of(fields, name);
}

void require(bool condition, const char* what) {
    if (!condition) throw BadModel(what, BadModel::Kind::unsupported);
}

}  // namespace

Config::Config(const Json& fields)
    : alphabet_size(size_of(fields, "alphabet_size", 2, exact::max_alphabet_size)),
      context(size_of(fields, "context", 2, max_context)),
      width(size_of(fields, "width", 1, exact::max_width)),
      num_layers(size_of(fields, "num_layers", 1, max_layers)),
      num_heads(size_of(fields, "num_heads", 1, max_heads)),
      num_key_heads(size_of(fields, "num_key_heads", 1, max_heads)),
      head_width(size_of(fields, "head_width", 1, 1024)),
      inner_width(size_of(fields, "inner_width", 1, max_inner_width)),
      gated(flag_of(fields, "gated")),
      center(flag_of(fields, "center")),
      rotary(flag_of(fields, "rotary")),
      tied(flag_of(fields, "tied")),
      epsilon(weights::read_integer(fields, "epsilon", 1, int64_t{1} << 61)),
      embedding_shift(weights::read_integer(fields, "embedding_shift", 1, 61)),
      start_symbol(static_cast<int32_t>(weights::read_integer(
          fields, "start_symbol", 0, static_cast<int64_t>(alphabet_size) - 1))),
      num_sinks(fields.find("sinks") == nullptr
                    ? 0
                    : size_of(fields, "sinks", 0, std::min(context - 1, most_sinks))),
      norms_heads(is_set(fields, "norms_heads")),
      norms_together(is_set(fields, "norms_together")),
      norms_outputs(is_set(fields, "norms_outputs")) {
    const Json* const activation = fields.find("activation");
    require(activation != nullptr && activation->kind() == Json::Kind::string &&
                std::find(activations.begin(), activations.end(), activation->text()) !=
                    activations.end(),
            "the transformer's activation is not supported");
    require(!rotary || head_width % 2 == 0, "the transformer's head width is not supported");
    require(slides() || head_width >= min_head_width,
            "the transformer's heads are too narrow for its queries");
    require(num_heads % num_key_heads == 0 && num_key_heads <= num_heads,
            "the numbers of attention heads don't go together");
    require(!norms_heads || slides(), "norms of heads need a window that slides");
    require(!norms_outputs || slides(), "norms of outputs need a window that slides");
    require(!norms_together || (norms_heads && query_width() <= exact::max_width),
            "the transformer's norms of all heads are not supported");
    // What language::Lanes reads is the Llama graph.
    require(!slides() || (rotary && gated && !center && context <= exact::max_window),
            "the transformer's sliding window is not supported");
}

}  // namespace neurocomp::transformer
