#include "language/second.hpp"

#include <algorithm>
#include <numeric>

namespace neurocomp::language {

namespace {

constexpr int32_t first_weight = 50000;
constexpr int32_t second_weight = 15000;

// Where the byte that follows completes a longer token, and where it is a part of some only.
constexpr uint32_t ended_before_token = 1 << 18;
constexpr uint32_t ended_before_part = 1 << 20;

}  // namespace

Judge::Judge() : weights(num_rows * num_inputs) {
    for (size_t row = 0; row < num_rows; ++row) {
        weights[row * num_inputs] = first_weight;
        weights[row * num_inputs + 1] = second_weight;
    }
}

Second::Second(const SecondModel& model, const Vocabulary& vocabulary, mix::Profile profile,
               std::span<const size_t> sizes, const uint8_t* content)
    : tables(std::accumulate(sizes.begin(), sizes.end(), size_t{0}), true),
      ended(sizes.size()),
      endings(vocabulary.num_prefixes()),
      network_(model.network, sizes.size(), most_ahead),
      content_(content),
      ahead_(content == nullptr ? 1 : most_ahead),
      foreseen_(sizes.size() * ahead_ * 256),
      is_known_(sizes.size()) {
    const bool experienced = model.experience != nullptr && profile == mix::Profile::text;
    if (experienced) tables.take(*model.experience);
    for (size_t i = 0; i < endings.size(); ++i) {
        const bool completes = vocabulary.prefixes()[i].completes;
        endings[i] = (completes ? ended_before_token : ended_before_part) << 10 | 1;
    }
    int64_t start = 0;
    for (const size_t size : sizes) {
        lanes.emplace_back(profile, true, experienced, start, static_cast<int64_t>(sizes.size()));
        start += static_cast<int64_t>(size);
        ends_.push_back(start);
    }
}

const int32_t* Second::weigh(size_t lane) {
    const int64_t place = lanes[lane].position - lanes[lane].start;
    const size_t ahead = static_cast<size_t>(place) % ahead_;
    if (is_known_[lane] == 0 && ahead == 0) look_ahead(lane);
    is_known_[lane] = 1;
    return foreseen_.data() + (lane * ahead_ + ahead) * 256;
}

void Second::look_ahead(size_t lane) {
    const auto number = static_cast<uint32_t>(lane);
    const int64_t position = lanes[lane].position;
    size_t count = 1;
    if (content_ == nullptr) {
        network_.step(&number, 1);
    } else {
        count = std::min(ahead_, static_cast<size_t>(ends_[lane] - position));
        const uint8_t* const from = content_ + position;
        network_.step_ahead(&number, 1, &from, count);
    }
    // Another lane may have its turn before this one takes them.
    std::copy_n(network_.weights(0), count * 256, foreseen_.data() + lane * ahead_ * 256);
}

void Second::read(size_t lane, uint8_t byte) {
    is_known_[lane] = 0;
    if (content_ == nullptr) network_.read(lane, byte);
}

}  // namespace neurocomp::language
