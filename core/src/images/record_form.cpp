#include "images/record_form.hpp"

#include "base/damage.hpp"

namespace neurocomp::images {

RecordForm::RecordForm(const RecordShape& shape, const Head& head, size_t num_lanes)
    : shape_(shape),
      head_(head),
      text_symbols_(shape.text_symbols(head.kind)),
      record_symbols_(shape.record_symbols(head.kind)) {
    for (size_t lane = 0; lane < num_lanes; ++lane) lanes_.push_back({lane});
}

int32_t RecordForm::forced(size_t lane) const {
    const Lane& one = lanes_[lane];
    if (one.slot < head_.num_empty) return shape_.end();
    if (is_text()) return one.is_padded ? shape_.pad() : -1;
    return one.is_blank ? shape_.end() : -1;
}

void RecordForm::check(const int32_t* symbols) const {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
        const int32_t symbol = symbols[lane], wanted = forced(lane);
        bool is_right = is_text() ? symbol >= 0 && symbol <= shape_.pad() : shape_.is_code(symbol);
        is_right = is_right || (symbol == shape_.end() && may_end());
        if (wanted >= 0 ? symbol != wanted : !is_right) {
            throw DamagedPayload("the symbols are not those of token records");
        }
    }
}

void RecordForm::advance(const int32_t* symbols) {
    const bool was_last = is_last();
    for (size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[i];
        if (is_text()) {
            lane.is_padded = lane.is_padded || symbols[i] == shape_.pad();
        } else {
            lane.is_blank = lane.is_blank || symbols[i] == shape_.end();
        }
        if (was_last) lane = {lane.slot + lanes_.size()};
    }
    place_ = was_last ? 0 : place_ + 1;
}

}  // namespace neurocomp::images
