// The adaptive model as frames name it.
#pragma once

#include "adaptive/predictor.hpp"
#include "symbolwise/model.hpp"

namespace neurocomp::adaptive {

// Of the format: what a full trie forgets is a part of what is predicted.
inline constexpr Limits format_limits = {size_t{1} << 16, size_t{1} << 22, size_t{1} << 18};

class Model final : public symbolwise::Model {
   public:
    size_t alphabet_size() const override { return adaptive::alphabet_size; }
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    // Lanes learn from each other: there is one group.
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;
};

}  // namespace neurocomp::adaptive
