// A stored transformer as a model of symbols.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "symbolwise/model.hpp"
#include "transformer/parts.hpp"

namespace neurocomp::transformer {

inline constexpr std::string_view architecture = "transformer";

// The length of a sliding window, or the overlap of one that is read again, as a frame's parameters have
// it: the usual one where there are none.  Throws weights::BadModel where it is out of range, or the
// usual one after all.
size_t reach_of(const Config& config, std::span<const uint8_t> parameters);

class Model final : public symbolwise::Model {
   public:
    // Throws weights::BadModel where it is another model, damaged, or would not be exact.
    explicit Model(const weights::Model& stored);

    size_t alphabet_size() const override { return parts_->config.alphabet_size; }
    size_t max_lane_symbols() const override;
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;
    std::shared_ptr<const symbolwise::Model> with_parameters(
        std::span<const uint8_t> parameters) const override;

   private:
    std::shared_ptr<const Parts> parts_;
    size_t reach_;
};

}  // namespace neurocomp::transformer
