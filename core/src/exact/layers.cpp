#include "exact/layers.hpp"

namespace neurocomp::exact {

void attend(Matrix<const int32_t> queries, const Cache<const int16_t>& keys,
            const Cache<const int16_t>& values, size_t start, const AttentionScale& scale,
            const int32_t* exp2, const Sight* sight, Matrix<int32_t> out) {
    std::vector<int16_t> query(keys.width);
    std::vector<int32_t> scores(keys.num_positions);
    // One more than positions: what is not kept is written after the last that is.
    std::vector<Share> shares(keys.num_positions + 1);
    const AttentionScratch scratch = {query.data(), scores.data(), shares.data()};
    kernels().attend(queries, keys, values, start, scale, exp2, sight, scratch, out);
}

void attend_window(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                   const ByteCache& keys, const ByteCache& values, size_t start,
                   const Window& window, const AttentionScale& scale, const int32_t* exp2,
                   Matrix<int32_t> out) {
    const size_t group = queries.num_columns / keys.width / keys.num_heads;
    std::vector<int16_t> both(2 * group * keys.width);
    std::vector<int32_t> scores(group * window.length), scales(window.length);
    std::vector<int64_t> products(window.length);
    const WindowScratch scratch = {both.data(), scores.data(), scales.data(), products.data()};
    kernels().attend_window(queries, far_queries, keys, values, start, window, scale, exp2, scratch,
                            out);
}

bool is_sound(const Sight& sight, size_t num_positions, size_t num_seen) {
    if (sight.bounds[0] != 0 || sight.bounds[num_positions] < 0) return false;
    if (static_cast<size_t>(sight.bounds[num_positions]) != num_seen) return false;
    for (size_t t = 0; t < num_positions; ++t) {
        if (sight.bounds[t] >= sight.bounds[t + 1]) return false;
        // Rising, so that a position sees no other twice, and at most itself.
        int32_t before = -1;
        for (int32_t i = sight.bounds[t]; i < sight.bounds[t + 1]; ++i) {
            if (static_cast<size_t>(i) >= num_seen || sight.positions[i] <= before) return false;
            before = sight.positions[i];
        }
        if (static_cast<size_t>(before) > t) return false;
    }
    return true;
}

void normalise_rows(Matrix<const int32_t> values, const int32_t* gain, int64_t epsilon, bool center,
                    int64_t limit, Matrix<int16_t> out, int64_t* mantissas, int64_t* exponents) {
    const Kernels& all = kernels();
    std::vector<int32_t> centred(values.num_columns);
    for (size_t m = 0; m < values.num_rows; ++m) {
        Matrix<const int32_t> row = {values.row(m), 1, values.num_columns, 0};
        const Matrix<int16_t> target = {out.row(m), 1, out.num_columns, 0};
        if (center) {
            all.centre_rows(row, {centred.data(), 1, values.num_columns, 0});
            row.data = centred.data();
        }
        all.quantise_rows(row, gain, limit, target, mantissas + m, exponents + m);
        all.divide_by_norms(row, epsilon, mantissas + m, exponents + m);
    }
}

LayerSteps::LayerSteps(size_t num_rows, size_t num_columns)
    : quantised_(num_rows * num_columns), mantissas_(num_rows), exponents_(num_rows) {}

Matrix<int16_t> LayerSteps::inputs(size_t num_rows, const Layer& layer) {
    const size_t width = layer.parts.num_inputs;
    return {quantised_.data(), num_rows, width, static_cast<ptrdiff_t>(width)};
}

void LayerSteps::finish(const Layer& layer, Matrix<int16_t> rows, Matrix<int32_t> out) const {
    kernels().apply_linear(layer.parts, {rows.data, rows.num_rows, rows.num_columns, rows.stride},
                           mantissas_.data(), exponents_.data(), out);
}

void LayerSteps::apply_normed(Matrix<const int32_t> rows, const Norm& norm, const Layer& layer,
                              Matrix<int32_t> out) {
    const Matrix<int16_t> target = inputs(rows.num_rows, layer);
    normalise_rows(rows, norm.gain, norm.epsilon, norm.center, layer.limit, target,
                   mantissas_.data(), exponents_.data());
    finish(layer, target, out);
}

void LayerSteps::apply(Matrix<const int32_t> rows, const Layer& layer, Matrix<int32_t> out) {
    const Matrix<int16_t> target = inputs(rows.num_rows, layer);
    kernels().quantise_rows(rows, nullptr, layer.limit, target, mantissas_.data(),
                            exponents_.data());
    finish(layer, target, out);
}

void frequencies_in_place(Matrix<int32_t> logits, const int32_t* exp2) {
    // The kernel reads each logit before it writes what takes its place.
    for (size_t m = 0; m < logits.num_rows; ++m) {
        kernels().frequencies_of_logits(logits.row(m), logits.num_columns, exp2, logits.row(m));
    }
}

}  // namespace neurocomp::exact
