#include "adaptive/model.hpp"

#include <algorithm>
#include <vector>

namespace neurocomp::adaptive {

namespace {

class Lanes final : public symbolwise::Predictor {
   public:
    explicit Lanes(size_t num_lanes) : predictor_(num_lanes, format_limits), bytes_(num_lanes) {}

    void predict(int32_t* out) override { predictor_.predict(out); }
    void update(const int32_t* symbols) override {
        for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<uint8_t>(symbols[i]);
        predictor_.update(bytes_.data());
    }

   private:
    adaptive::Predictor predictor_;
    std::vector<uint8_t> bytes_;
};

}  // namespace

uint64_t Model::predictor_bytes(size_t num_lanes, size_t num_symbols) const {
    // A trie doubles when it has no room for a step; while it is moved, the old one is there too.
    const uint64_t most = (uint64_t{num_symbols} + 2 * num_lanes) * (order + 1) + 1;
    uint64_t capacity = format_limits.first_capacity;
    while (capacity < std::min<uint64_t>(most, format_limits.max_nodes)) capacity *= 2;
    const uint64_t nodes = capacity == format_limits.first_capacity ? capacity : capacity * 3 / 2;
    return sizeof(Node) * nodes + 64 * uint64_t{num_lanes} + format_limits.history_symbols +
           sizeof(adaptive::Predictor) + (uint64_t{1} << 16);
}

std::unique_ptr<symbolwise::Predictor> Model::predictor(size_t num_lanes, size_t,
                                                        const symbolwise::ForEach&) const {
    return std::make_unique<Lanes>(num_lanes);
}

}  // namespace neurocomp::adaptive
