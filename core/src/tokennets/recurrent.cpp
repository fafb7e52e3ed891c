#include "tokennets/recurrent.hpp"

#include <algorithm>
#include <string>

#include "exact/scaling.hpp"
#include "symbolwise/lane_groups.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::tokennets {

using exact::to_read;

namespace {

constexpr size_t num_fields = 7;
constexpr size_t most_blocks = 64;
constexpr int32_t largest_entry = 1 << 16;  // of a function's table
constexpr int32_t largest_gate = 1 << exact::gate_bits;
constexpr int64_t square_limit = int64_t{1} << 17;  // of what is squared

}  // namespace

class Recurrent::Lanes final : public symbolwise::Predictor {
   public:
    Lanes(const Recurrent& model, size_t num_lanes)
        : model_(model),
          num_lanes_(num_lanes),
          width_(model.config_.width),
          symbols_(num_lanes, model.config_.start_symbol),
          states_(model.num_blocks_, std::vector<int32_t>(num_lanes * width_)),
          rows_(num_lanes * width_),
          gates_(num_lanes * 3 * width_),
          inner_(num_lanes * model.inner_width_),
          added_(num_lanes * width_),
          layers_(num_lanes, std::max(model.words_.head().parts.num_inputs,
                                      model.blocks_.front().down.view().parts.num_inputs)) {}

    void predict(int32_t* out) override {
        model_.words_.write_vectors(symbols_.data(), num_lanes_, rows_.data());
        for (size_t number = 0; number < states_.size(); ++number) step(number);
        const size_t size = model_.config_.alphabet_size;
        const exact::Matrix<int32_t> logits = {out, num_lanes_, size, static_cast<ptrdiff_t>(size)};
        layers_.apply_normed(to_read(rows_of(rows_, num_lanes_, width_)), norm(),
                             model_.words_.head(), logits);
        exact::frequencies_in_place(logits, model_.words_.powers());
    }
    void update(const int32_t* symbols) override { symbols_.assign(symbols, symbols + num_lanes_); }

   private:
    exact::Norm norm() const { return {nullptr, model_.config_.epsilon, false}; }

    void step(size_t number) {
        const exact::Kernels& kernels = exact::kernels();
        const Block& block = model_.blocks_[number];
        const auto rows = rows_of(rows_, num_lanes_, width_);
        const auto added = rows_of(added_, num_lanes_, width_);
        const auto gates = rows_of(gates_, num_lanes_, 3 * width_);
        const auto state = rows_of(states_[number], num_lanes_, width_);
        layers_.apply_normed(to_read(rows), norm(), block.gates.view(), gates);
        kernels.recur(state, to_read(exact::columns(gates, 0, width_)),
                      to_read(exact::columns(gates, 2 * width_, width_)), model_.gate_.data());
        const auto opened = exact::columns(gates, width_, width_);
        kernels.activate_rows(opened, model_.silu_.data(), false);
        kernels.gate_rows(opened, to_read(state), exact::residual_limit);
        layers_.apply(to_read(opened), block.out.view(), added);
        kernels.add_rows(rows, to_read(added), exact::residual_limit);

        const auto inner = rows_of(inner_, num_lanes_, model_.inner_width_);
        layers_.apply_normed(to_read(rows), norm(), block.up.view(), inner);
        kernels.square_rows(inner, square_limit);
        layers_.apply(to_read(inner), block.down.view(), added);
        kernels.add_rows(rows, to_read(added), exact::residual_limit);
    }

    const Recurrent& model_;
    size_t num_lanes_;
    size_t width_;
    std::vector<int32_t> symbols_;  // the last of each lane
    std::vector<std::vector<int32_t>> states_;
    std::vector<int32_t> rows_, gates_, inner_, added_;
    exact::LayerSteps layers_;
};

Recurrent::Recurrent(const weights::Model& stored)
    : config_(stored.config, num_fields),
      num_blocks_(read_size(stored.config, "num_blocks", most_blocks)),
      inner_width_(read_size(stored.config, "inner_width", max_inner_width)),
      words_(stored, config_),
      gate_(weights::read_function(stored, "gate", 0, largest_gate)),
      silu_(weights::read_function(stored, "silu", -largest_entry, largest_entry)) {
    weights::check_epsilon(config_.epsilon, config_.width);
    const size_t width = config_.width;
    for (size_t number = 0; number < num_blocks_; ++number) {
        const std::string prefix = "blocks." + std::to_string(number) + ".";
        blocks_.push_back({
            read_layer(stored, prefix + "gates", 3 * width, width, exact::residual_limit),
            read_layer(stored, prefix + "out", width, width, exact::residual_limit),
            read_layer(stored, prefix + "up", inner_width_, width, square_limit),
            read_layer(stored, prefix + "down", width, inner_width_, exact::residual_limit),
        });
    }
}

uint64_t Recurrent::predictor_bytes(size_t num_lanes, size_t) const {
    const uint64_t row = (num_blocks_ + 7) * config_.width + 2 * inner_width_ + 64;
    return sizeof(int32_t) * num_lanes * row + (uint64_t{1} << 16);
}

std::unique_ptr<symbolwise::Predictor> Recurrent::predictor(
    size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const {
    return std::make_unique<symbolwise::LaneGroups>(
        num_lanes, num_groups, alphabet_size(), for_each,
        [this](size_t count) { return std::make_unique<Lanes>(*this, count); });
}

}  // namespace neurocomp::tokennets
