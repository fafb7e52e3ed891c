#include "network/batch.hpp"

#include <algorithm>
#include <cstring>

#include "base/processor.hpp"

namespace neurocomp::network {

namespace {

// Where bytes are known, so many are read at once: more rows gain little.
constexpr size_t reading_rows = 32;

size_t widest_sums(const Shape& shape) {
    const int widest = std::max({3 * shape.width, shape.inner_width, alphabet_size});
    return static_cast<size_t>((widest + strip_outputs - 1) / strip_outputs) * strip_outputs;
}

}  // namespace

Lanes::Lanes(const Network& network, size_t num_lanes, size_t max_rows)
    : network_(network),
      num_lanes_(num_lanes),
      max_rows_(std::max(max_rows, reading_rows)),
      sum_width_(widest_sums(network.shape())) {
    const Shape& shape = network.shape();
    const auto width = static_cast<size_t>(shape.width);
    const auto inner = static_cast<size_t>(shape.inner_width);
    const auto context = static_cast<size_t>(shape.context);
    windows_ = Array<uint8_t>(num_lanes * context);
    windows_.fill(separator);
    states_ = Array<int32_t>(static_cast<size_t>(shape.num_blocks) * num_lanes * width);
    row_windows_ = Array<uint8_t>(max_rows_ * context);
    weights_ = Array<int32_t>(max_rows_ * alphabet_size);
    stream_ = Array<int32_t>(max_rows_ * width);
    sums_ = Array<int32_t>(max_rows_ * sum_width_);
    opened_ = Array<int32_t>(max_rows_ * width);
    narrow_ = Array<uint8_t>(max_rows_ * std::max(width, inner));
    scales_.resize(max_rows_);
}

uint8_t* Lanes::window(size_t lane) {
    return windows_.data() + lane * static_cast<size_t>(network_.shape().context);
}

void Lanes::read(size_t lane, uint8_t byte) {
    uint8_t* const bytes = window(lane);
    std::memmove(bytes + 1, bytes, static_cast<size_t>(network_.shape().context) - 1);
    bytes[0] = byte;
}

void Lanes::step(const uint32_t* active, size_t num_active) {
    const auto context = static_cast<size_t>(network_.shape().context);
    for (size_t i = 0; i < num_active; ++i) {
        std::copy_n(window(active[i]), context, row_windows_.data() + i * context);
    }
    run(active, num_active, 1, true);
}

void Lanes::step_ahead(const uint32_t* active, size_t num_active, const uint8_t* const* data,
                       size_t count) {
    const auto context = static_cast<size_t>(network_.shape().context);
    uint8_t* row = row_windows_.data();
    for (size_t i = 0; i < num_active; ++i) {
        for (size_t t = 0; t < count; ++t, row += context) {
            std::copy_n(window(active[i]), context, row);
            read(active[i], data[i][t]);
        }
    }
    run(active, num_active, count, true);
}

void Lanes::read_everywhere(const uint8_t* data, size_t num_bytes) {
    const auto context = static_cast<size_t>(network_.shape().context);
    const auto width = static_cast<size_t>(network_.shape().width);
    constexpr uint32_t first = 0;
    for (size_t at = 0; at < num_bytes; at += reading_rows) {
        const size_t count = std::min(reading_rows, num_bytes - at);
        uint8_t* row = row_windows_.data();
        for (size_t t = 0; t < count; ++t, row += context) {
            std::copy_n(window(first), context, row);
            read(first, data[at + t]);
        }
        run(&first, 1, count, false);
    }
    for (size_t lane = 1; lane < num_lanes_; ++lane) {
        std::copy_n(window(first), context, window(lane));
        for (size_t b = 0; b < static_cast<size_t>(network_.shape().num_blocks); ++b) {
            int32_t* const states = states_.data() + b * num_lanes_ * width;
            std::copy_n(states, width, states + lane * width);
        }
    }
}

void Lanes::run(const uint32_t* active, size_t num_active, size_t rows_each, bool with_head) {
    step_kernel()(Step(*this, active, num_active, rows_each, with_head));
}

Step::Step(Lanes& lanes, const uint32_t* active_lanes, size_t num_active_lanes, size_t rows,
           bool head)
    : network(lanes.network_),
      active(active_lanes),
      num_active(num_active_lanes),
      rows_each(rows),
      with_head(head),
      num_lanes(lanes.num_lanes_),
      sum_width(lanes.sum_width_),
      windows(lanes.row_windows_.data()),
      states(lanes.states_.data()),
      weights(lanes.weights_.data()),
      stream(lanes.stream_.data()),
      sums(lanes.sums_.data()),
      opened(lanes.opened_.data()),
      narrow(lanes.narrow_.data()),
      scales(lanes.scales_.data()) {}

RunStep step_kernel() {
    switch (processor_in_use()) {
#if defined(__x86_64__) || defined(_M_X64)
        case Processor::avx2:
            return run_step_avx2;
        case Processor::avxvnni:
            return run_step_avxvnni;
        case Processor::avx512vnni:
            return run_step_avx512vnni;
#ifdef NEUROCOMP_AMX
        case Processor::amx:
            return run_step_amx;
#endif
#elif defined(__aarch64__)
        case Processor::dotprod:
            return run_step_dotprod;
#endif
        default:
            return run_step_baseline;
    }
}

}  // namespace neurocomp::network
