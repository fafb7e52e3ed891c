#include "transformer/context_reader.hpp"

#include <algorithm>
#include <utility>

#include "exact/scaling.hpp"

namespace neurocomp::transformer {

using exact::Matrix;
using exact::to_read;

namespace {

// Rows that are read at once, where lanes are fewer: longer pasts are read in pieces, which bounds
// memory.
constexpr size_t rows_at_once = 512;

// Steps that are read at once.
size_t piece_of(size_t num_lanes) { return std::max(rows_at_once / num_lanes, size_t{1}); }

size_t max_rows(const Parts& parts, size_t num_lanes) {
    return num_lanes * std::min(piece_of(num_lanes), parts.config.context);
}

size_t inner_columns(const Config& config) {
    return config.gated ? 2 * config.inner_width : config.inner_width;
}

}  // namespace

ContextReader::ContextReader(const Parts& parts, size_t num_lanes, Sights sights)
    : parts_(parts),
      num_lanes_(num_lanes),
      sights_(std::move(sights)),
      layers_(max_rows(parts, num_lanes), parts.widest_input()) {
    const Config& config = parts.config;
    sights_.resize(config.num_layers, nullptr);
    const size_t cache_size = num_lanes * config.context * config.key_width();
    keys_.assign(config.num_layers, std::vector<int16_t>(cache_size));
    values_ = keys_;
    const size_t num_rows = max_rows(parts, num_lanes);
    rows_.resize(num_rows * config.width);
    attended_.resize(num_rows * config.attended_width());
    mixed_.resize(num_rows * config.query_width());
    inner_.resize(num_rows * inner_columns(config));
    added_.resize(num_rows * config.width);
}

uint64_t ContextReader::num_bytes(const Parts& parts, size_t num_lanes) {
    const Config& config = parts.config;
    const uint64_t cache = uint64_t{num_lanes} * config.context * config.key_width();
    const uint64_t row = 2 * config.width + config.attended_width() + config.query_width() +
                         inner_columns(config) + parts.widest_input() + 4;
    return 2 * (config.num_layers + 1) * sizeof(int16_t) * cache +
           sizeof(int32_t) *
               (max_rows(parts, num_lanes) * row + (uint64_t{num_lanes} + 8) * config.context) +
           (uint64_t{1} << 16);
}

ContextReader::Rows ContextReader::rows_of(std::vector<int32_t>& values, size_t num_rows,
                                           size_t width) {
    return {values.data(), num_rows, width, static_cast<ptrdiff_t>(width)};
}

// Takes new keys and values into the caches, and mixes what is seen.
void ContextReader::attend(size_t number, Rows attended, size_t first, size_t num_steps,
                           Rows mixed) {
    const exact::Kernels& kernels = exact::kernels();
    const Config& config = parts_.config;
    const Block& block = parts_.blocks[number];
    const size_t query_width = config.query_width(), key_width = config.key_width();
    const Rows queries = exact::columns(attended, 0, query_width);
    const Rows new_keys = exact::columns(attended, query_width, key_width);
    const Rows new_values = exact::columns(attended, query_width + key_width, key_width);
    if (block.rotates) {
        for (const Rows& one : {queries, new_keys}) {
            kernels.rotate_rows(one, config.head_width, parts_.cosines.data(), parts_.sines.data(),
                                first, num_steps);
        }
    }
    const auto cache = [&](std::vector<int16_t>& kept) {
        return exact::Cache<int16_t>{kept.data(), num_lanes_, config.num_key_heads, config.context,
                                     config.head_width};
    };
    const auto cached = [&](const std::vector<int16_t>& kept) {
        return exact::Cache<const int16_t>{kept.data(), num_lanes_, config.num_key_heads,
                                           config.context, config.head_width};
    };
    kernels.store_heads(to_read(new_keys), first, cache(keys_[number]));
    kernels.store_heads(to_read(new_values), first, cache(values_[number]));
    exact::attend(to_read(queries), cached(keys_[number]), cached(values_[number]), first,
                  block.attention, parts_.powers.data(), sights_[number], mixed);
}

void ContextReader::read_block(size_t number, size_t first, size_t num_steps) {
    const exact::Kernels& kernels = exact::kernels();
    const Config& config = parts_.config;
    const Block& block = parts_.blocks[number];
    const size_t num_rows = num_lanes_ * num_steps;
    const Rows rows = rows_of(rows_, num_rows, config.width);
    const Rows added = rows_of(added_, num_rows, config.width);

    const Rows attended = rows_of(attended_, num_rows, config.attended_width());
    layers_.apply_normed(to_read(rows), parts_.norm(block.attention_gain),
                         block.query_key_value.view(), attended);
    const Rows mixed = rows_of(mixed_, num_rows, config.query_width());
    attend(number, attended, first, num_steps, mixed);
    layers_.apply(to_read(mixed), block.attention_out.view(), added);
    kernels.add_rows(rows, to_read(added), exact::residual_limit);

    const Rows inner = rows_of(inner_, num_rows, inner_columns(config));
    layers_.apply_normed(to_read(rows), parts_.norm(block.inner_gain), block.inner_in.view(),
                         inner);
    const Rows gates = exact::columns(inner, 0, config.inner_width);
    kernels.activate_rows(gates, parts_.activation.data(), false);
    if (config.gated) {
        const Rows factors = exact::columns(inner, config.inner_width, config.inner_width);
        kernels.gate_rows(gates, to_read(factors), exact::residual_limit);
    }
    layers_.apply(to_read(gates), block.inner_out.view(), added);
    kernels.add_rows(rows, to_read(added), exact::residual_limit);
}

void ContextReader::read(Matrix<const int32_t> symbols, size_t first) {
    const Config& config = parts_.config;
    const size_t at_once = piece_of(num_lanes_);
    for (size_t done = 0; done < symbols.num_columns; done += last_steps_) {
        last_steps_ = std::min(at_once, symbols.num_columns - done);
        for (size_t row = 0; row < num_lanes_ * last_steps_; ++row) {
            const size_t step = done + row % last_steps_;
            const auto symbol = static_cast<size_t>(symbols.row(row / last_steps_)[step]);
            const int32_t* const moved =
                parts_.positions.size() == 0
                    ? nullptr
                    : parts_.positions.data() + (first + step) * config.width;
            exact::embed(parts_.embedding.view(), config.width, symbol, moved,
                         rows_.data() + row * config.width);
        }
        for (size_t number = 0; number < parts_.blocks.size(); ++number) {
            read_block(number, first + done, last_steps_);
        }
    }
}

void ContextReader::write_last(const exact::Layer& layer, Matrix<int32_t> out) {
    const size_t width = parts_.config.width;
    const Matrix<const int32_t> last = {rows_.data() + (last_steps_ - 1) * width, num_lanes_, width,
                                        static_cast<ptrdiff_t>(last_steps_ * width)};
    layers_.apply_normed(last, parts_.norm(parts_.last_gain), layer, out);
}

}  // namespace neurocomp::transformer
