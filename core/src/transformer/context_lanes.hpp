// Lanes of a transformer whose window is read anew when it is full: learnt positions can't be moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exact/layers.hpp"
#include "symbolwise/model.hpp"
#include "transformer/parts.hpp"

namespace neurocomp::transformer {

class ContextLanes final : public symbolwise::Predictor {
   public:
    // `overlap` symbols of a full window, 1 to context - 1, are those that the next one starts with.
    // The parts are to outlive this.  Throws std::bad_alloc.
    ContextLanes(const Parts& parts, size_t num_lanes, size_t overlap);

    void predict(int32_t* out) override;
    void update(const int32_t* symbols) override;

    // A little more memory than lanes take.
    static uint64_t num_bytes(const Parts& parts, size_t num_lanes);

   private:
    using Rows = exact::Matrix<int32_t>;

    void read(size_t first, size_t num_steps);
    void read_block(size_t number, size_t first, size_t num_steps);
    Rows rows_of(std::vector<int32_t>& values, size_t num_rows, size_t width) const;

    const Parts& parts_;
    size_t num_lanes_;
    size_t overlap_;
    std::vector<int32_t> window_;  // (lanes, context)
    size_t num_read_ = 0;
    size_t num_known_ = 1;
    size_t last_steps_ = 0;  // that were read at once last

    std::vector<std::vector<int16_t>> keys_, values_;  // of each block
    exact::LayerSteps layers_;
    std::vector<int32_t> rows_, attended_, mixed_, inner_, added_;
};

}  // namespace neurocomp::transformer
