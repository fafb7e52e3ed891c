#include "language/transformer.hpp"

#include <algorithm>

#include "language/sharing.hpp"

namespace neurocomp::language {

using exact::Matrix;
using exact::to_read;

namespace {

template <typename T>
Matrix<T> some_rows(Matrix<T> values, size_t first, size_t last) {
    return {values.row(first), last - first, values.num_columns, values.stride};
}

}  // namespace

Lanes::Lanes(const Transformer& transformer, size_t num_lanes, size_t length, size_t max_steps,
             size_t num_threads)
    : transformer_(transformer),
      num_lanes_(num_lanes),
      max_steps_(max_steps),
      window_{length, transformer.shape.num_sinks, length + max_steps - 1},
      team_(num_threads) {
    const Shape& shape = transformer.shape;
    const size_t num_rows = num_lanes * max_steps;
    cache_.reserve(transformer.blocks.size());
    for (size_t i = 0; i < transformer.blocks.size(); ++i) {
        cache_.push_back(exact::make_cache(num_lanes, shape.num_key_heads, window_.num_slots,
                                           shape.head_width, keys_and_values_));
    }
    rows_.resize(num_rows * shape.width);
    attended_.resize(num_rows * (shape.query_width() + 2 * shape.key_width()));
    for (auto* one : {&far_, &mixed_}) one->resize(num_rows * shape.query_width());
    inner_.resize(num_rows * 2 * shape.inner_width);
    if (transformer.norms_outputs()) added_.resize(num_rows * shape.width);
    const size_t widest = transformer.widest_input();
    packed_ = Array<uint8_t>(num_rows * 2 * widest);
    sums_.resize(num_rows);
    mantissas_.resize(num_rows);
    exponents_.resize(num_rows);
    const size_t pairs = shape.head_width / 2;
    for (auto* one : {&near_cosines_, &near_sines_, &far_cosines_, &far_sines_}) {
        one->resize(max_steps * pairs);
    }
    for (size_t i = 0; i < num_threads; ++i) {
        scratch_.push_back(
            {std::vector<int16_t>(widest), {most_queries, window_.num_slots, shape.head_width}});
    }
}

Matrix<int32_t> Lanes::columns(std::vector<int32_t>& values, size_t stride, size_t first,
                               size_t count) const {
    return {values.data() + first, num_rows_, count, static_cast<ptrdiff_t>(stride)};
}

Matrix<int32_t> Lanes::residual() {
    const size_t width = transformer_.shape.width;
    return columns(rows_, width, 0, width);
}

exact::PackedRows Lanes::packed(const exact::PackedLayer& layer, size_t num_rows) {
    const size_t stride = 2 * layer.parts().num_groups * exact::group_inputs;
    return {packed_.data(), stride, sums_.data(), mantissas_.data(), exponents_.data(), num_rows};
}

void Lanes::embed(const int32_t* symbols) {
    const size_t width = transformer_.shape.width;
    for (size_t m = 0; m < num_rows_; ++m) {
        exact::embed(transformer_.embedding, width, static_cast<size_t>(symbols[m]), nullptr,
                     rows_.data() + m * width);
    }
}

// Quantises rows for a layer, and packs them.
template <typename Quantise>
void Lanes::pack(Matrix<const int32_t> rows, const exact::PackedLayer& layer,
                 const Quantise& quantise) {
    const exact::PackedRows out = packed(layer, rows.num_rows);
    const size_t width = layer.parts().num_groups * exact::group_inputs;
    packed_rows_ = rows.num_rows;
    share_rows(team_, rows.num_rows, [&](size_t first, size_t last, size_t member) {
        int16_t* const row = scratch_[member].row.data();
        for (size_t m = first; m < last; ++m) {
            const Matrix<int16_t> target = {row, 1, width, 0};
            quantise(some_rows(rows, m, m + 1), target, mantissas_.data() + m,
                     exponents_.data() + m);
            exact::kernels().pack_rows({row, 1, width, 0}, layer.parts().is_wide, m, out);
        }
    });
}

void Lanes::pack_plain(Matrix<const int32_t> rows, const exact::PackedLayer& layer) {
    pack(rows, layer,
         [&](Matrix<const int32_t> row, Matrix<int16_t> out, int64_t* mantissa, int64_t* exponent) {
             exact::kernels().quantise_rows(row, nullptr, layer.limit(), out, mantissa, exponent);
         });
}

void Lanes::pack_normed(Matrix<const int32_t> rows, const int32_t* gain,
                        const exact::PackedLayer& layer) {
    const int64_t epsilon = transformer_.shape.epsilon;
    pack(rows, layer,
         [&](Matrix<const int32_t> row, Matrix<int16_t> out, int64_t* mantissa, int64_t* exponent) {
             exact::kernels().quantise_rows(row, gain, layer.limit(), out, mantissa, exponent);
             exact::kernels().divide_by_norms(row, epsilon, mantissa, exponent);
         });
}

// Packs the residual stream, normalised where there are gains.
void Lanes::pack_residual(const int32_t* gain, const exact::PackedLayer& layer) {
    if (gain == nullptr) {
        pack_plain(to_read(residual()), layer);
    } else {
        pack_normed(to_read(residual()), gain, layer);
    }
}

// Writes the layer's outputs for the rows that were packed for it.
void Lanes::apply(const exact::PackedLayer& layer, Matrix<int32_t> out) {
    const exact::PackedRows rows = packed(layer, packed_rows_);
    const exact::PackedParts parts = layer.parts();
    share_strips(team_, parts.num_strips(), [&](size_t first, size_t last) {
        exact::kernels().apply_strips(parts, rows, first, last, out);
    });
}

// Adds them to the residual stream, normalised where there is a norm.
void Lanes::add(const exact::PackedLayer& layer, const HeadNorm& norm) {
    if (norm.gain != nullptr) {
        const size_t width = transformer_.shape.width;
        const Matrix<int32_t> added = columns(added_, width, 0, width);
        apply(layer, added);
        share_rows(team_, num_rows_, [&](size_t first, size_t last, size_t) {
            const exact::Kernels& all = exact::kernels();
            const Matrix<int32_t> some = some_rows(added, first, last);
            all.normalise_heads(some, norm.gain, norm.width, norm.epsilon, norm.shift);
            all.add_rows(some_rows(residual(), first, last), to_read(some), exact::residual_limit);
        });
        return;
    }
    const exact::PackedRows rows = packed(layer, packed_rows_);
    const exact::PackedParts parts = layer.parts();
    share_strips(team_, parts.num_strips(), [&](size_t first, size_t last) {
        exact::kernels().add_strips(parts, rows, first, last, residual());
    });
}

// Writes gated units: gates before values, side by side.
void Lanes::apply_inner(const Block& block) {
    const size_t inner = transformer_.shape.inner_width;
    const Matrix<int32_t> gates = columns(inner_, 2 * inner, 0, inner);
    const Matrix<int32_t> values = columns(inner_, 2 * inner, inner, inner);
    const exact::PackedParts gate = block.gate.parts(), in = block.inner_in.parts();
    const exact::PackedRows rows = packed(block.inner_in, packed_rows_);
    share_strips(team_, gate.num_strips(), [&](size_t first, size_t last) {
        const exact::Kernels& all = exact::kernels();
        all.apply_strips(gate, rows, first, last, gates);
        all.apply_strips(in, rows, first, last, values);
        const size_t begin = first * exact::strip_outputs;
        const size_t count = std::min(last * exact::strip_outputs, inner) - begin;
        const auto part = [&](Matrix<int32_t> all_columns) {
            return Matrix<int32_t>{all_columns.data + begin, num_rows_, count, all_columns.stride};
        };
        all.activate_rows(part(gates), transformer_.activation, false);
        all.gate_rows(part(gates), to_read(part(values)), exact::residual_limit);
    });
}

void Lanes::read_block(size_t number) {
    const Shape& shape = transformer_.shape;
    const Block& block = transformer_.blocks[number];
    const size_t attended_width = shape.query_width() + 2 * shape.key_width();
    pack_residual(block.attention_gain, block.query_key_value);
    apply(block.query_key_value, columns(attended_, attended_width, 0, attended_width));
    attend(block, cache_[number]);
    pack_plain(to_read(columns(mixed_, shape.query_width(), 0, shape.query_width())),
               block.attention_out);
    add(block.attention_out, block.attention_out_norm);

    const size_t inner = shape.inner_width;
    pack_residual(block.inner_gain, block.inner_in);
    apply_inner(block);
    pack_plain(to_read(columns(inner_, 2 * inner, 0, inner)), block.inner_out);
    add(block.inner_out, block.inner_out_norm);
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

bool Lanes::can_take(const Lanes& other) const {
    return &other.transformer_ == &transformer_ && other.window_.length == window_.length &&
           other.window_.num_slots == window_.num_slots;
}

void Lanes::take(const Lanes& other) {
    for (size_t number = 0; number < cache_.size(); ++number) {
        const exact::PackedCache& from = other.cache_[number];
        const exact::PackedCache& to = cache_[number];
        const size_t num_vectors = to.num_heads * to.num_slots;
        for (size_t lane = 0; lane < num_lanes_; ++lane) {
            std::copy_n(from.keys, to.keys_at(1, 0) - to.keys, to.keys_at(lane, 0));
            std::copy_n(from.values, to.values_at(1, 0) - to.values, to.values_at(lane, 0));
            const size_t place = to.place(lane, 0);
            std::copy_n(from.key_scales, num_vectors, to.key_scales + place);
            std::copy_n(from.value_scales, num_vectors, to.value_scales + place);
        }
    }
    position_ = other.position_;
}

void Lanes::write_logits(size_t num_steps, Matrix<int32_t> out) {
    const size_t width = transformer_.shape.width;
    const int32_t* const first = rows_.data() + (num_steps_ - num_steps) * width;
    const auto write = [&](size_t lane, size_t num_rows, size_t distance) {
        const auto stride = static_cast<ptrdiff_t>(distance * width);
        pack_normed({first + lane * num_steps_ * width, num_rows, width, stride},
                    transformer_.last_gain, transformer_.head);
        apply(transformer_.head,
              {out.row(lane * num_steps), num_rows, out.num_columns, out.stride});
    };
    // The head is read once for all lanes where their rows lie at equal distances.
    if (num_steps == 1) {
        write(0, num_lanes_, num_steps_);
    } else if (num_steps == num_steps_) {
        write(0, num_rows_, 1);
    } else {
        for (size_t lane = 0; lane < num_lanes_; ++lane) write(lane, num_steps, 1);
    }
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
