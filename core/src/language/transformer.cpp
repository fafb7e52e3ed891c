#include "language/transformer.hpp"

#include <algorithm>

#include "base/integers.hpp"
#include "exact/layers.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::language {

using exact::Matrix;
using exact::to_read;

namespace {

size_t widest_input(const Transformer& transformer) {
    size_t widest = transformer.head.parts.num_inputs;
    for (const Block& block : transformer.blocks) {
        for (const Layer* layer :
             {&block.query_key_value, &block.attention_out, &block.inner_in, &block.inner_out}) {
            widest = std::max(widest, layer->parts.num_inputs);
        }
    }
    return widest;
}

}  // namespace

Lanes::Lanes(const Transformer& transformer, size_t num_lanes, size_t length, size_t max_steps)
    : transformer_(transformer),
      num_lanes_(num_lanes),
      max_steps_(max_steps),
      window_{length, transformer.shape.num_sinks, length + max_steps - 1} {
    const Shape& shape = transformer.shape;
    const size_t num_rows = num_lanes * max_steps;
    const size_t num_vectors = num_lanes * shape.num_key_heads * window_.num_slots;
    const BytesOf empty = {std::vector<int8_t>(num_vectors * shape.head_width),
                           std::vector<int32_t>(num_vectors)};
    keys_.assign(transformer.blocks.size(), empty);
    values_.assign(transformer.blocks.size(), empty);
    rows_.resize(num_rows * shape.width);
    attended_.resize(num_rows * (shape.query_width() + 2 * shape.key_width()));
    for (auto* one : {&far_, &mixed_}) one->resize(num_rows * shape.query_width());
    inner_.resize(num_rows * 2 * shape.inner_width);
    added_.resize(num_rows * shape.width);
    quantised_.resize(num_rows * widest_input(transformer));
    mantissas_.resize(num_rows);
    exponents_.resize(num_rows);
    const size_t pairs = shape.head_width / 2;
    for (auto* one : {&near_cosines_, &near_sines_, &far_cosines_, &far_sines_}) {
        one->resize(max_steps * pairs);
    }
    const size_t group = shape.num_heads / shape.num_key_heads;
    queries_.resize(2 * group * shape.head_width);
    scores_.resize(group * length);
    scales_.resize(length);
    products_.resize(length);
}

exact::ByteCache Lanes::cache(BytesOf& bytes) const {
    const Shape& shape = transformer_.shape;
    return {bytes.values.data(), bytes.scales.data(), num_lanes_,
            shape.num_key_heads, window_.num_slots,   shape.head_width};
}

Matrix<int32_t> Lanes::columns(std::vector<int32_t>& values, size_t stride, size_t first,
                               size_t count) const {
    return {values.data() + first, num_rows_, count, static_cast<ptrdiff_t>(stride)};
}

Matrix<int16_t> Lanes::quantised(const Layer& layer) {
    const size_t width = layer.parts.num_inputs;
    return {quantised_.data(), num_rows_, width, static_cast<ptrdiff_t>(width)};
}

void Lanes::embed(const int32_t* symbols) {
    const size_t width = transformer_.shape.width;
    for (size_t m = 0; m < num_rows_; ++m) {
        exact::embed(transformer_.embedding, width, static_cast<size_t>(symbols[m]), nullptr,
                     rows_.data() + m * width);
    }
}

// Cosines and sines of the steps' positions, none beyond `last`.
void Lanes::write_rotations(size_t first, std::vector<int16_t>& cosines,
                            std::vector<int16_t>& sines, size_t last) const {
    constexpr int shift = 2 * exact::turn_bits - exact::rotation_bits;
    const size_t pairs = transformer_.shape.head_width / 2;
    const size_t size = exact::turn_positions * pairs;
    for (size_t step = 0; step < num_steps_; ++step) {
        const size_t position = std::min(first + step, last);
        const int32_t* const near = transformer_.turns + position % exact::turn_positions * pairs;
        const int32_t* const far =
            transformer_.turns + 2 * size + position / exact::turn_positions * pairs;
        for (size_t i = 0; i < pairs; ++i) {
            const int64_t x = near[i], y = near[size + i], c = far[i], s = far[size + i];
            const size_t place = step * pairs + i;
            cosines[place] = static_cast<int16_t>((c * x - s * y + half_of(shift)) >> shift);
            sines[place] = static_cast<int16_t>((c * y + s * x + half_of(shift)) >> shift);
        }
    }
}

void Lanes::apply_normed(Matrix<const int32_t> rows, const int32_t* gain, const Layer& layer,
                         Matrix<int32_t> out) {
    Matrix<int16_t> target = quantised(layer);
    target.num_rows = rows.num_rows;
    exact::normalise_rows(rows, gain, transformer_.shape.epsilon, false, layer.limit, target,
                          mantissas_.data(), exponents_.data());
    exact::kernels().apply_linear(layer.parts,
                                  {target.data, target.num_rows, target.num_columns, target.stride},
                                  mantissas_.data(), exponents_.data(), out);
}

// Adds a layer of fixed-point inputs to the residual stream.
void Lanes::add_plain(Matrix<const int32_t> inputs, const Layer& layer) {
    const exact::Kernels& all = exact::kernels();
    const Matrix<int16_t> target = quantised(layer);
    all.quantise_rows(inputs, nullptr, layer.limit, target, mantissas_.data(), exponents_.data());
    const size_t width = transformer_.shape.width;
    const Matrix<int32_t> added = columns(added_, width, 0, width);
    all.apply_linear(layer.parts, {target.data, target.num_rows, target.num_columns, target.stride},
                     mantissas_.data(), exponents_.data(), added);
    all.add_rows(columns(rows_, width, 0, width), to_read(added), exact::residual_limit);
}

void Lanes::attend(size_t number, Matrix<int32_t> attended) {
    const exact::Kernels& all = exact::kernels();
    const Shape& shape = transformer_.shape;
    const Block& block = transformer_.blocks[number];
    const size_t query_width = shape.query_width(), key_width = shape.key_width();
    const auto part = [&](size_t first, size_t count) {
        return Matrix<int32_t>{attended.data + first, num_rows_, count, attended.stride};
    };
    const Matrix<int32_t> queries = part(0, query_width), new_keys = part(query_width, key_width);
    const auto normalise = [&](Matrix<int32_t> heads, const HeadNorm& norm) {
        if (norm.gain == nullptr) return;
        all.normalise_heads(heads, norm.gain, shape.head_width, norm.epsilon, norm.shift);
    };
    normalise(queries, block.query_norm);
    normalise(new_keys, block.key_norm);
    Matrix<int32_t> near = queries, far = queries;
    if (block.rotates) {
        far = columns(far_, query_width, 0, query_width);
        for (size_t m = 0; m < num_rows_; ++m) {
            std::copy_n(queries.row(m), query_width, far.row(m));
        }
        all.rotate_rows(far, shape.head_width, far_cosines_.data(), far_sines_.data(), 0,
                        num_steps_);
        for (const Matrix<int32_t>& one : {near, new_keys}) {
            all.rotate_rows(one, shape.head_width, near_cosines_.data(), near_sines_.data(), 0,
                            num_steps_);
        }
    }
    const exact::ByteCache keys = cache(keys_[number]), values = cache(values_[number]);
    all.store_window(to_read(new_keys), position_, window_, keys);
    all.store_window(to_read(part(query_width + key_width, key_width)), position_, window_, values);
    const exact::WindowScratch scratch = {queries_.data(), scores_.data(), scales_.data(),
                                          products_.data()};
    all.attend_window(to_read(near), to_read(far), keys, values, position_, window_,
                      block.attention, transformer_.exp2, scratch,
                      columns(mixed_, query_width, 0, query_width));
}

void Lanes::read_block(size_t number) {
    const exact::Kernels& all = exact::kernels();
    const Shape& shape = transformer_.shape;
    const Block& block = transformer_.blocks[number];
    const Matrix<const int32_t> rows = to_read(columns(rows_, shape.width, 0, shape.width));
    const size_t attended_width = shape.query_width() + 2 * shape.key_width();
    const Matrix<int32_t> attended = columns(attended_, attended_width, 0, attended_width);
    apply_normed(rows, block.attention_gain, block.query_key_value, attended);
    attend(number, attended);
    add_plain(to_read(columns(mixed_, shape.query_width(), 0, shape.query_width())),
              block.attention_out);

    const size_t inner = shape.inner_width;
    apply_normed(rows, block.inner_gain, block.inner_in, columns(inner_, 2 * inner, 0, 2 * inner));
    const Matrix<int32_t> gates = columns(inner_, 2 * inner, 0, inner);
    all.activate_rows(gates, transformer_.activation, false);
    all.gate_rows(gates, to_read(columns(inner_, 2 * inner, inner, inner)), exact::residual_limit);
    add_plain(to_read(gates), block.inner_out);
}

void Lanes::read(const int32_t* symbols, size_t num_steps) {
    num_steps_ = num_steps;
    num_rows_ = num_lanes_ * num_steps;
    embed(symbols);
    write_rotations(position_, near_cosines_, near_sines_, exact::max_positions - 1);
    write_rotations(position_, far_cosines_, far_sines_, window_.length - 1);
    for (size_t number = 0; number < transformer_.blocks.size(); ++number) read_block(number);
    position_ += num_steps;
}

void Lanes::write_logits(size_t num_steps, Matrix<int32_t> out) {
    const size_t width = transformer_.shape.width;
    const int32_t* const first = rows_.data() + (num_steps_ - num_steps) * width;
    const auto write = [&](size_t lane, size_t num_rows, size_t distance) {
        const auto stride = static_cast<ptrdiff_t>(distance * width);
        apply_normed({first + lane * num_steps_ * width, num_rows, width, stride},
                     transformer_.last_gain, transformer_.head,
                     {out.row(lane * num_steps), num_rows, out.num_columns, out.stride});
    };
    // The head is read once for all lanes where their rows lie at equal distances.
    if (num_steps == 1) return write(0, num_lanes_, num_steps_);
    if (num_steps == num_steps_) return write(0, num_rows_, 1);
    for (size_t lane = 0; lane < num_lanes_; ++lane) write(lane, num_steps, 1);
}

void Lanes::write_frequencies(size_t num_steps, Matrix<int32_t> out) {
    const size_t num_rows = num_lanes_ * num_steps, size = out.num_columns;
    logits_.resize(num_rows * size);
    const Matrix<int32_t> logits = {logits_.data(), num_rows, size, static_cast<ptrdiff_t>(size)};
    write_logits(num_steps, logits);
    for (size_t m = 0; m < num_rows; ++m) {
        exact::kernels().frequencies_of_logits(logits.row(m), size, transformer_.exp2, out.row(m));
    }
}

}  // namespace neurocomp::language
