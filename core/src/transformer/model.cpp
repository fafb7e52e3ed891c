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

    static uint64_t num_bytes(const Parts& parts, size_t num_lanes, size_t length) {
        const Config& config = parts.config;
        const uint64_t slots = (length + 63) / 32 * 32;  // whole strips
        const uint64_t vectors = uint64_t{num_lanes} * config.num_key_heads * slots;
        const uint64_t row = 2 * config.width + config.attended_width() + 2 * config.query_width() +
                             2 * config.inner_width + parts.widest_input() + 8;
        const uint64_t group = config.num_heads / config.num_key_heads;
        return 2 * (config.num_layers + 1) * vectors *
                   ((config.head_width + 31) / 32 * 32 + sizeof(int32_t)) +
               sizeof(int32_t) *
                   (num_lanes * row + (group + 4) * length + (group + 4) * config.head_width) +
               (uint64_t{1} << 22) + 512 * config.num_layers;  // huge pages
    }

   private:
    const language::Transformer& transformer_;
    language::Lanes lanes_;
    std::vector<int32_t> next_;
};

}  // namespace

Model::Model(const weights::Model& stored) {
    if (stored.architecture != architecture) {
        throw weights::BadModel("it holds a model of architecture '" + stored.architecture +
                                    "', which is no transformer",
                                weights::BadModel::Kind::unsupported);
    }
    parts_ = std::make_shared<const Parts>(stored);
    reach_ = usual_reach();
    if (!is_reach(reach_)) throw weights::BadModel("the transformer's context is too short");
}

size_t Model::usual_reach() const {
    const Config& config = parts_->config;
    return config.slides() ? std::min(config.context, default_window) : config.context / 2;
}

bool Model::is_reach(size_t reach) const {
    const Config& config = parts_->config;
    if (config.slides()) return reach > config.num_sinks && reach <= config.context;
    return reach >= 1 && reach < config.context;
}

std::shared_ptr<const symbolwise::Model> Model::with_parameters(
    std::span<const uint8_t> parameters) const {
    const auto fail = [] { throw weights::BadModel("the frame's parameters of it are damaged"); };
    if (parameters.size() != parameter_bytes) fail();
    const size_t reach = size_t{parameters[0]} | size_t{parameters[1]} << 8;
    if (!is_reach(reach) || reach == usual_reach()) fail();
    auto model = std::make_shared<Model>(*this);
    model->reach_ = reach;
    return model;
}

size_t Model::max_lane_symbols() const {
    return parts_->config.slides() ? exact::max_positions : SIZE_MAX;
}

uint64_t Model::predictor_bytes(size_t num_lanes, size_t) const {
    // Each group has what lanes share, and there are as many as lanes at most.
    return parts_->config.slides() ? SlidingLanes::num_bytes(*parts_, num_lanes, reach_)
                                   : ContextReader::num_bytes(*parts_, num_lanes);
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
