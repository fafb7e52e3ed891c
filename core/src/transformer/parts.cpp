#include "transformer/parts.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/integers.hpp"
#include "exact/scaling.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::transformer {

using weights::BadModel;
using weights::read_tensor;
using weights::StoredLayer;

namespace {

constexpr int32_t largest_gain = 1 << 15;
constexpr int32_t head_gain_limit = 1 << 30;
constexpr int32_t largest_entry = 1 << 16;  // of an activation's table: 16, in units of 2**-12
constexpr int64_t min_shift = 20;
constexpr int64_t score_limit = int64_t{1} << 28;
constexpr int64_t accumulator_limit = int64_t{1} << 31;

void require(bool condition, const char* what) {
    if (!condition) throw BadModel(what);
}

bool are_within(const Array<int32_t>& values, int32_t least, int32_t most) {
    return std::all_of(values.data(), values.data() + values.size(),
                       [=](int32_t value) { return value >= least && value <= most; });
}

}  // namespace

Parts::Parts(const weights::Model& stored, std::span<const int32_t> order)
    : config(stored.config),
      head(read_layer(stored, "head", config.alphabet_size, config.width)),
      embedding(stored, config.tied ? "head.weight" : "embedding.weight", config.alphabet_size,
                config.width, config.embedding_shift, config.tied ? &head : nullptr),
      last_gain(read_gain(stored, "last_norm")),
      activation(weights::read_function(stored, "activation", -largest_entry, largest_entry)),
      powers(weights::read_exp2(stored)) {
    weights::check_epsilon(config.epsilon, config.width);
    const size_t pairs = config.head_width / 2;
    if (config.slides()) {
        turns = read_tensor<int32_t>(stored, "turns", {2, 2, exact::turn_positions, pairs});
        constexpr int32_t one = 1 << exact::turn_bits;
        require(turns.size() > 0 && are_within(turns, -one, one),
                "the table of rotations has entries out of range");
    } else if (config.rotary) {
        cosines = read_tensor<int16_t>(stored, "rotation.cosines", {config.context, pairs});
        sines = read_tensor<int16_t>(stored, "rotation.sines", {config.context, pairs});
    } else {
        positions = read_tensor<int32_t>(stored, "positions", {config.context, config.width});
    }
    Array<uint8_t> rotating(config.num_layers);
    rotating.fill(config.rotary ? 1 : 0);
    if (stored.find("rotating") != nullptr) {
        rotating = read_tensor<uint8_t>(stored, "rotating", {config.num_layers});
    }
    if (config.slides()) begin_packing(order);
    widest_input_ = head.view().parts.num_inputs;
    for (size_t number = 0; number < config.num_layers; ++number) {
        Block block = read_block(stored, number, config.rotary && rotating[number] != 0);
        for (const StoredLayer* layer : block.layers()) {
            widest_input_ = std::max(widest_input_, layer->view().parts.num_inputs);
        }
        if (config.slides()) pack(block);
        blocks.push_back(std::move(block));
    }
    if (!order.empty() && !config.tied) head = {};
}

Block Parts::read_block(const weights::Model& stored, size_t number, bool rotates) const {
    const std::string prefix = "blocks." + std::to_string(number) + ".";
    const size_t width = config.width, inner = config.inner_width;
    const auto gain_before = [&](const char* name) {
        return config.norms_outputs ? Array<int32_t>() : read_gain(stored, prefix + name);
    };
    Block block = {
        gain_before("attention_norm"),
        read_layer(stored, prefix + "query_key_value", config.attended_width(), width),
        read_scale(stored, prefix + "attention.scale"),
        read_layer(stored, prefix + "attention_out", width, config.query_width()),
        gain_before("inner_norm"),
        read_layer(stored, prefix + "inner_in", config.gated ? 2 * inner : inner, width),
        read_layer(stored, prefix + "inner_out", width, inner),
        rotates,
        {},
        {},
        {},
        {},
    };
    if (config.norms_heads) {
        const bool all = config.norms_together;
        block.query_norm =
            read_head_norm(stored, prefix + "query_norm",
                           all ? config.query_width() : config.head_width, block.query_gain);
        block.key_norm =
            read_head_norm(stored, prefix + "key_norm",
                           all ? config.key_width() : config.head_width, block.key_gain);
    }
    if (config.norms_outputs) {
        block.attention_out_norm =
            read_head_norm(stored, prefix + "attention_out_norm", width, block.attention_out_gain);
        block.inner_out_norm =
            read_head_norm(stored, prefix + "inner_out_norm", width, block.inner_out_gain);
    }
    return block;
}

StoredLayer Parts::read_layer(const weights::Model& stored, const std::string& name,
                              size_t num_outputs, size_t num_inputs) {
    const auto scale = read_tensor<int64_t>(stored, name + ".scale", {3});
    return {stored, name, num_outputs, num_inputs, {scale[0], scale[1], scale[2]}};
}

Array<int32_t> Parts::read_gain(const weights::Model& stored, const std::string& name) const {
    Array<int32_t> gain = read_tensor<int32_t>(stored, name + ".gain", {config.width});
    require(are_within(gain, 1, largest_gain), "a column gain of a norm is out of range");
    return gain;
}

exact::AttentionScale Parts::read_scale(const weights::Model& stored,
                                        const std::string& name) const {
    const auto scale = read_tensor<int64_t>(stored, name, {2});
    require(scale[0] >= 1 && scale[0] <= int64_t{1} << exact::mantissa_bits &&
                scale[1] >= min_shift && scale[1] <= exact::max_shift,
            "the scale of an attention layer is out of range");
    const auto width = static_cast<int64_t>(config.head_width);
    // What keeps products of queries and keys within 32 bits, and within 28.
    const int64_t limit = config.slides() ? smaller((score_limit - 1) / (width * exact::byte_limit),
                                                    exact::wide_limit)
                                          : (accumulator_limit - 1) / (width * exact::key_limit);
    return {limit, scale[0], scale[1]};
}

language::HeadNorm Parts::read_head_norm(const weights::Model& stored, const std::string& name,
                                         size_t width, Array<int32_t>& gain) {
    gain = read_tensor<int32_t>(stored, name + ".gain", {width});
    const auto scale = read_tensor<int64_t>(stored, name + ".scale", {2});
    weights::check_epsilon(scale[0], width);
    require(scale[1] >= 1 && scale[1] <= 61 &&
                are_within(gain, -head_gain_limit + 1, head_gain_limit - 1),
            "a norm of heads is out of range");
    int64_t largest = 0;
    for (size_t i = 0; i < gain.size(); ++i) largest = larger(largest, int64_t{magnitude(gain[i])});
    require((largest << 30) >> scale[1] < exact::residual_limit,
            "a gain of a norm of heads is out of range");
    return {gain.data(), scale[0], static_cast<int>(scale[1]), width};
}

exact::PackedLayer Parts::packed(const StoredLayer& layer, size_t first, size_t last) {
    const exact::Layer& view = layer.view();
    return {view.parts, first, last, view.limit, sliding_->weights};
}

exact::PackedLayer Parts::packed(const StoredLayer& layer) {
    return packed(layer, 0, layer.view().parts.num_outputs);
}

// The head's outputs for some symbols, in their order.
exact::PackedLayer Parts::packed_head(std::span<const int32_t> order) {
    const exact::LinearParts& all = head.view().parts;
    Array<int8_t> weight(order.size() * all.num_inputs);
    Array<int64_t> multiplier(order.size());
    Array<int32_t> bias(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
        const auto symbol = static_cast<size_t>(order[i]);
        std::copy_n(all.weight + symbol * all.num_inputs, all.num_inputs,
                    weight.data() + i * all.num_inputs);
        multiplier[i] = all.multiplier[symbol];
        bias[i] = all.bias[symbol];
    }
    const exact::LinearParts some = {weight.data(), multiplier.data(), bias.data(), all.num_inputs,
                                     order.size(),  all.shift,         all.clip};
    return {some, 0, order.size(), head.view().limit, sliding_->weights};
}

// All but the blocks.
void Parts::begin_packing(std::span<const int32_t> order) {
    sliding_ = std::make_unique<language::Transformer>();
    sliding_->shape = {config.alphabet_size, config.width,      config.num_heads,
                       config.num_key_heads, config.head_width, config.inner_width,
                       config.num_sinks,     config.epsilon};
    sliding_->embedding = embedding.view();
    sliding_->turns = turns.data();
    sliding_->activation = activation.data();
    sliding_->exp2 = powers.data();
    sliding_->last_gain = last_gain.data();
    sliding_->head = order.empty() ? packed(head) : packed_head(order);
}

// A block, which may be moved afterwards, and has no layers of its own any longer.
void Parts::pack(Block& block) {
    const size_t inner = config.inner_width;
    const auto gain_of = [](const Array<int32_t>& gain) {
        return gain.size() == 0 ? nullptr : gain.data();
    };
    sliding_->blocks.push_back({
        gain_of(block.attention_gain),
        packed(block.query_key_value),
        block.query_norm,
        block.key_norm,
        block.attention,
        packed(block.attention_out),
        block.attention_out_norm,
        gain_of(block.inner_gain),
        packed(block.inner_in, 0, inner),
        packed(block.inner_in, inner, 2 * inner),
        packed(block.inner_out),
        block.inner_out_norm,
        block.rotates,
    });
    for (StoredLayer* layer : block.layers()) *layer = {};
}

}  // namespace neurocomp::transformer
