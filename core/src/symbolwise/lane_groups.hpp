// Lanes of a block in groups that advance at the same time on cores of their own.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "symbolwise/model.hpp"

namespace neurocomp::symbolwise {

// Groups share nothing that changes before the next `update`, so that their number changes the time
// and nothing else.
class LaneGroups final : public Predictor {
   public:
    // `make` returns the predictor of so many lanes.
    template <typename Make>
    LaneGroups(size_t num_lanes, size_t num_groups, size_t alphabet_size, ForEach for_each,
               Make make)
        : alphabet_size_(alphabet_size), for_each_(std::move(for_each)) {
        num_groups = std::clamp(num_groups, size_t{1}, num_lanes);
        for (size_t i = 0; i <= num_groups; ++i) starts_.push_back(num_lanes * i / num_groups);
        for (size_t i = 0; i < num_groups; ++i)
            groups_.push_back(make(starts_[i + 1] - starts_[i]));
    }

    void predict(int32_t* out) override {
        if (groups_.size() == 1) {
            groups_.front()->predict(out);
            return;
        }
        for_each_(groups_.size(),
                  [&](size_t i) { groups_[i]->predict(out + starts_[i] * alphabet_size_); });
    }
    void update(const int32_t* symbols) override {
        for (size_t i = 0; i < groups_.size(); ++i) groups_[i]->update(symbols + starts_[i]);
    }

   private:
    size_t alphabet_size_;
    ForEach for_each_;
    std::vector<size_t> starts_;
    std::vector<std::unique_ptr<Predictor>> groups_;
};

}  // namespace neurocomp::symbolwise
