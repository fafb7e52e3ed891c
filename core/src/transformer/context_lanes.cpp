#include "transformer/context_lanes.hpp"

#include <algorithm>

namespace neurocomp::transformer {

ContextLanes::ContextLanes(const Parts& parts, size_t num_lanes, size_t overlap)
    : parts_(parts),
      num_lanes_(num_lanes),
      overlap_(overlap),
      window_(num_lanes * parts.config.context),
      reader_(parts, num_lanes) {
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        window_[lane * parts.config.context] = parts.config.start_symbol;
    }
}

void ContextLanes::predict(int32_t* out) {
    const Config& config = parts_.config;
    reader_.read({window_.data() + num_read_, num_lanes_, num_known_ - num_read_,
                  static_cast<ptrdiff_t>(config.context)},
                 num_read_);
    num_read_ = num_known_;
    const exact::Matrix<int32_t> logits = {out, num_lanes_, config.alphabet_size,
                                           static_cast<ptrdiff_t>(config.alphabet_size)};
    reader_.write_last(parts_.head.view(), logits);
    exact::frequencies_in_place(logits, parts_.powers.data());
}

void ContextLanes::update(const int32_t* symbols) {
    const size_t context = parts_.config.context;
    if (num_known_ == context) {
        const size_t num_kept = overlap_ - 1;
        for (size_t lane = 0; lane < num_lanes_; ++lane) {
            int32_t* const window = window_.data() + lane * context;
            std::copy(window + context - num_kept, window + context, window);
        }
        num_read_ = 0;
        num_known_ = num_kept;
    }
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        window_[lane * context + num_known_] = symbols[lane];
    }
    ++num_known_;
}

}  // namespace neurocomp::transformer
