#include "tokennets/neural_ngram.hpp"

#include <algorithm>
#include <vector>

#include "exact/scaling.hpp"
#include "symbolwise/lane_groups.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::tokennets {

using exact::to_read;

namespace {

constexpr size_t num_fields = 7;
constexpr size_t max_context = 64;
constexpr int32_t largest_entry = 1 << 16;

}  // namespace

class NeuralNgram::Lanes final : public symbolwise::Predictor {
   public:
    Lanes(const NeuralNgram& model, size_t num_lanes)
        : model_(model),
          num_lanes_(num_lanes),
          window_(num_lanes * model.context_, model.config_.start_symbol),
          vectors_(num_lanes * model.context_ * model.config_.width),
          hidden_(num_lanes * model.hidden_width_),
          rows_(num_lanes * model.config_.width),
          layers_(num_lanes, std::max({model.hidden_.view().parts.num_inputs,
                                       model.out_.view().parts.num_inputs,
                                       model.words_.head().parts.num_inputs})) {}

    void predict(int32_t* out) override {
        const size_t width = model_.config_.width, size = model_.config_.alphabet_size;
        model_.words_.write_vectors(window_.data(), window_.size(), vectors_.data());
        const auto hidden = rows_of(hidden_, num_lanes_, model_.hidden_width_);
        layers_.apply_normed(to_read(rows_of(vectors_, num_lanes_, model_.context_ * width)),
                             {nullptr, model_.config_.epsilon, false}, model_.hidden_.view(),
                             hidden);
        exact::kernels().activate_rows(hidden, model_.sigmoid_.data(), true);
        const auto rows = rows_of(rows_, num_lanes_, width);
        layers_.apply(to_read(hidden), model_.out_.view(), rows);
        const exact::Matrix<int32_t> logits = {out, num_lanes_, size, static_cast<ptrdiff_t>(size)};
        layers_.apply(to_read(rows), model_.words_.head(), logits);
        exact::frequencies_in_place(logits, model_.words_.powers());
    }
    void update(const int32_t* symbols) override {
        const size_t context = model_.context_;
        for (size_t lane = 0; lane < num_lanes_; ++lane) {
            int32_t* const window = window_.data() + lane * context;
            std::copy(window + 1, window + context, window);
            window[context - 1] = symbols[lane];
        }
    }

   private:
    const NeuralNgram& model_;
    size_t num_lanes_;
    std::vector<int32_t> window_;  // (lanes, context), the latest last
    std::vector<int32_t> vectors_, hidden_, rows_;
    exact::LayerSteps layers_;
};

NeuralNgram::NeuralNgram(const weights::Model& stored)
    : config_(stored.config, num_fields),
      context_(read_size(stored.config, "context", max_context)),
      hidden_width_(read_size(stored.config, "hidden_width", max_inner_width)),
      words_(stored, config_),
      hidden_(read_layer(stored, "hidden", hidden_width_, context_ * config_.width,
                         exact::residual_limit)),
      out_(read_layer(stored, "out", config_.width, hidden_width_, exact::residual_limit)),
      sigmoid_(weights::read_function(stored, "sigmoid", -largest_entry, largest_entry)) {
    weights::check_epsilon(config_.epsilon, context_ * config_.width);
}

uint64_t NeuralNgram::predictor_bytes(size_t num_lanes, size_t) const {
    const uint64_t row =
        context_ + 2 * context_ * config_.width + 2 * hidden_width_ + 2 * config_.width + 64;
    return sizeof(int32_t) * num_lanes * row + (uint64_t{1} << 16);
}

std::unique_ptr<symbolwise::Predictor> NeuralNgram::predictor(
    size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const {
    return std::make_unique<symbolwise::LaneGroups>(
        num_lanes, num_groups, alphabet_size(), for_each,
        [this](size_t count) { return std::make_unique<Lanes>(*this, count); });
}

}  // namespace neurocomp::tokennets
