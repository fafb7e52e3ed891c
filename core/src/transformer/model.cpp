#include "transformer/model.hpp"

#include <algorithm>
#include <vector>

#include "exact/scaling.hpp"
#include "language/transformer.hpp"
#include "symbolwise/lane_groups.hpp"
#include "transformer/context_lanes.hpp"
#include "weights/error.hpp"

namespace neurocomp::transformer {

namespace {

constexpr size_t default_window = 1024;
constexpr size_t parameter_bytes = 2;

// Lanes over a window that slides: each symbol is read once.
class SlidingLanes final : public symbolwise::Predictor {
   public:
    SlidingLanes(const Parts& parts, size_t num_lanes, size_t length)
        : transformer_(parts.sliding()),
          lanes_(transformer_, num_lanes, length, 1),
          next_(num_lanes, parts.config.start_symbol) {}

    void predict(int32_t* out) override {
        const size_t size = transformer_.shape.alphabet_size;
        lanes_.read(next_.data(), 1);
        const exact::Matrix<int32_t> logits = {out, next_.size(), size,
                                               static_cast<ptrdiff_t>(size)};
        lanes_.write_logits(1, logits);
        exact::frequencies_in_place(logits, transformer_.exp2);
    }
    void update(const int32_t* symbols) override { next_.assign(symbols, symbols + next_.size()); }

   private:
    const language::Transformer& transformer_;
    language::Lanes lanes_;
    std::vector<int32_t> next_;
};

// Where a frame says nothing.
size_t usual_reach(const Config& config) {
    return config.slides() ? std::min(config.context, default_window) : config.context / 2;
}

bool is_reach(const Config& config, size_t reach) {
    if (config.slides()) return reach > config.num_sinks && reach <= config.context;
    return reach >= 1 && reach < config.context;
}

}  // namespace

size_t reach_of(const Config& config, std::span<const uint8_t> parameters) {
    const size_t usual = usual_reach(config);
    if (parameters.empty()) {
        if (!is_reach(config, usual)) {
            throw weights::BadModel("the transformer's context is too short");
        }
        return usual;
    }
    const auto fail = [] { throw weights::BadModel("the frame's parameters of it are damaged"); };
    if (parameters.size() != parameter_bytes) fail();
    const size_t reach = size_t{parameters[0]} | size_t{parameters[1]} << 8;
    if (!is_reach(config, reach) || reach == usual) fail();
    return reach;
}

Model::Model(const weights::Model& stored) {
    if (stored.architecture != architecture) {
        throw weights::BadModel("it holds a model of architecture '" + stored.architecture +
                                    "', which is no transformer",
                                weights::BadModel::Kind::unsupported);
    }
    parts_ = std::make_shared<const Parts>(stored);
    reach_ = reach_of(parts_->config, {});
}

std::shared_ptr<const symbolwise::Model> Model::with_parameters(
    std::span<const uint8_t> parameters) const {
    auto model = std::make_shared<Model>(*this);
    model->reach_ = reach_of(parts_->config, parameters);
    return model;
}

size_t Model::max_lane_symbols() const {
    return parts_->config.slides() ? exact::max_positions : SIZE_MAX;
}

uint64_t Model::predictor_bytes(size_t num_lanes, size_t) const {
    // Each group has what lanes share, and there are as many as lanes at most.
    if (!parts_->config.slides()) return ContextReader::num_bytes(*parts_, num_lanes);
    return language::Lanes::num_bytes(parts_->sliding(), num_lanes, reach_) +
           sizeof(int32_t) * num_lanes;
}

std::unique_ptr<symbolwise::Predictor> Model::predictor(size_t num_lanes, size_t num_groups,
                                                        const symbolwise::ForEach& for_each) const {
    return std::make_unique<symbolwise::LaneGroups>(
        num_lanes, num_groups, alphabet_size(), for_each,
        [this](size_t count) -> std::unique_ptr<symbolwise::Predictor> {
            if (parts_->config.slides()) {
                return std::make_unique<SlidingLanes>(*parts_, count, reach_);
            }
            return std::make_unique<ContextLanes>(*parts_, count, reach_);
        });
}

}  // namespace neurocomp::transformer
