#include "images/grid_models.hpp"

#include <cmath>

namespace neurocomp::images {

namespace {

constexpr size_t num_contexts = GridModel::num_contexts;
constexpr size_t num_inputs = 2 * num_contexts;
constexpr size_t num_slots = size_t{1} << 22;
constexpr double count_limit = 255;
constexpr double rate = 0.02;

uint64_t hash(uint64_t a, uint64_t b, uint64_t c) {
    uint64_t h = (a + 1) * 0x9E3779B97F4A7C15;
    h = (h ^ (h >> 29)) + (b + 1) * 0xBF58476D1CE4E5B9;
    h = (h ^ (h >> 31)) + (c + 1) * 0x94D049BB133111EB;
    return h ^ (h >> 30);
}

double between(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

}  // namespace

CountModel::CountModel(size_t num_codes)
    : counts_(num_codes, 0.5), total_(0.5 * static_cast<double>(num_codes)) {}

double CountModel::read(const uint16_t* codes, size_t size) {
    double bits = 0;
    for (size_t i = 0; i < size; ++i) {
        double& count = counts_[codes[i]];
        bits -= std::log2(count / total_);
        count += 1;
        total_ += 1;
    }
    return bits;
}

GridModel::GridModel(size_t depth)
    : depth_(depth),
      shares_(num_contexts * num_slots, 0.5F),
      counts_(num_contexts * num_slots),
      weights_(depth * 3 * num_inputs, 0.15) {}

double GridModel::read(const uint16_t* grids, size_t num_grids, size_t num_rows,
                       size_t num_columns) {
    const uint64_t none = uint64_t{1} << depth_;  // beyond the edge
    const uint64_t base = none + 1;
    double bits = 0;
    for (size_t n = 0; n < num_grids; ++n) {
        const uint16_t* const grid = grids + n * num_rows * num_columns;
        for (size_t r = 0; r < num_rows; ++r) {
            for (size_t c = 0; c < num_columns; ++c) {
                const size_t place = r * num_columns + c;
                const uint16_t* const here = grid + place;
                const uint64_t w = c > 0 ? here[-1] : none;
                const uint64_t ww = c > 1 ? here[-2] : none;
                const auto up = static_cast<ptrdiff_t>(num_columns);
                const uint64_t a = r > 0 ? here[-up] : none;
                const uint64_t aa = r > 1 ? here[-2 * up] : none;
                const uint64_t nw = r > 0 && c > 0 ? here[-up - 1] : none;
                const uint64_t ne = r > 0 && c + 1 < num_columns ? here[-up + 1] : none;
                const uint64_t pair = a * base + nw;
                const uint64_t contexts[num_contexts] = {
                    hash(0, 0, 0),  hash(1, place, 0), hash(2, w, 0),  hash(3, a, 0),
                    hash(4, w, a),  hash(5, w, pair),  hash(6, a, ne), hash(7, w, pair * base + ne),
                    hash(8, w, ww), hash(9, a, aa),
                };
                const size_t num_known = (w < none ? 1U : 0U) + (a < none ? 1U : 0U);
                bits += read_code(contexts, *here, num_known);
            }
        }
    }
    return bits;
}

double GridModel::read_code(const uint64_t (&contexts)[num_contexts], uint16_t code,
                            size_t num_known) {
    double bits = 0;
    uint64_t node = 1;
    for (size_t level = 0; level < depth_; ++level) {
        const int bit = code >> (depth_ - 1 - level) & 1;
        double* const weights = weights_.data() + (level * 3 + num_known) * num_inputs;
        size_t slots[num_contexts];
        double inputs[num_inputs];
        double total = 0;
        for (size_t i = 0; i < num_contexts; ++i) {
            const uint64_t mixed = (contexts[i] + node * 0xD6E8FEB86659FD93) ^ (contexts[i] >> 17);
            slots[i] = i * num_slots + ((mixed ^ (mixed >> 32)) & (num_slots - 1));
            const double p = shares_[slots[i]];
            const double count = counts_[slots[i]];
            // A share of few events says little, one of none nothing.
            inputs[2 * i] = count > 0 ? std::log(p / (1 - p)) : 0;
            inputs[2 * i + 1] = (p - 0.5) * between(count, 0, 30) / 4;
            total += weights[2 * i] * inputs[2 * i];
            total += weights[2 * i + 1] * inputs[2 * i + 1];
        }
        const double p1 = 1 / (1 + std::exp(-between(total, -12, 12)));
        bits -= std::log2(bit != 0 ? p1 : 1 - p1);
        const double error = (bit - p1) * rate;
        for (size_t i = 0; i < num_inputs; ++i) weights[i] += error * inputs[i];
        for (const size_t slot : slots) {
            const double p = shares_[slot];
            const double count = counts_[slot];
            shares_[slot] =
                static_cast<float>(between(p + (bit - p) / (count + 1.6), 0.0005, 0.9995));
            counts_[slot] = static_cast<float>(between(count + 1, 0, count_limit));
        }
        node = node * 2 + static_cast<uint64_t>(bit);
    }
    return bits;
}

}  // namespace neurocomp::images
