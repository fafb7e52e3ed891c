// Lanes of a transformer whose window is read again when it is full: learnt positions can't be moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbolwise/model.hpp"
#include "transformer/context_reader.hpp"
#include "transformer/parts.hpp"

namespace neurocomp::transformer {

class ContextLanes final : public symbolwise::Predictor {
   public:
    // `overlap` symbols of a full window, 1 to context - 1, are those that the next one starts with.
    // The parts are to outlive this.  Throws std::bad_alloc.
    ContextLanes(const Parts& parts, size_t num_lanes, size_t overlap);

    void predict(int32_t* out) override;
    void update(const int32_t* symbols) override;

   private:
    const Parts& parts_;
    size_t num_lanes_;
    size_t overlap_;
    std::vector<int32_t> window_;  // (lanes, context)
    size_t num_read_ = 0;
    size_t num_known_ = 1;
    ContextReader reader_;
};

}  // namespace neurocomp::transformer
