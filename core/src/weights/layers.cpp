#include "weights/layers.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/integers.hpp"
#include "exact/scaling.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::weights {

namespace {

constexpr size_t chunk = 16;  // columns that weights are padded to
constexpr int64_t largest_weight = 127;
constexpr int64_t largest_multiplier = (int64_t{1} << 32) - 1;
constexpr int64_t accumulator_limit = int64_t{1} << 31;
constexpr int64_t product_limit = int64_t{1} << 62;
constexpr int64_t min_shift = 20;

void require(bool condition, const char* what) {
    if (!condition) throw BadModel(what);
}

}  // namespace

StoredLayer::StoredLayer(const Model& model, const std::string& name, size_t num_outputs,
                         size_t num_inputs, const LayerScale& scale) {
    Array<int8_t> weight = read_tensor<int8_t>(model, name + ".weight", {num_outputs, num_inputs});
    multiplier_ = read_tensor<int64_t>(model, name + ".multiplier", {num_outputs});
    bias_ = read_tensor<int32_t>(model, name + ".bias", {num_outputs});
    const size_t padded = (num_inputs + chunk - 1) / chunk * chunk;
    view_ = {
        {nullptr, multiplier_.data(), bias_.data(), padded, num_outputs, scale.shift, scale.clip},
        scale.limit};
    check(weight, num_inputs);
    if (padded == num_inputs) {
        weight_ = std::move(weight);
    } else {
        weight_ = Array<int8_t>(num_outputs * padded);
        for (size_t n = 0; n < num_outputs; ++n) {
            std::memcpy(weight_.data() + n * padded, weight.data() + n * num_inputs, num_inputs);
        }
    }
    view_.parts.weight = weight_.data();
}

void StoredLayer::check(const Array<int8_t>& weight, size_t num_inputs) const {
    const exact::LinearParts& parts = view_.parts;
    require(weight.size() > 0, "a linear layer is empty");
    require(view_.limit >= 1 && view_.limit <= exact::wide_limit && parts.shift >= min_shift &&
                parts.shift <= exact::max_shift,
            "limit or shift of a linear layer is out of range");
    require(parts.clip >= 1 && parts.clip < accumulator_limit,
            "the clip of a linear layer is out of range");
    int64_t widest = 0;
    for (size_t n = 0; n < parts.num_outputs; ++n) {
        const int8_t* const row = weight.data() + n * num_inputs;
        int64_t total = 0;
        for (size_t k = 0; k < num_inputs; ++k) {
            const int32_t size = magnitude(row[k]);
            require(size <= largest_weight, "a weight of a linear layer exceeds 127");
            total += size;
        }
        widest = larger(widest, total);
    }
    const int64_t* const end = multiplier_.data() + multiplier_.size();
    const auto [least, most] = std::minmax_element(multiplier_.data(), end);
    require(*least >= 0 && *most <= largest_multiplier,
            "a multiplier of a linear layer is out of range");
    // A row of a million weights stays below 2**27; times the limit below 2**42.
    const int64_t reach = view_.limit * widest;
    require(reach < accumulator_limit, "sums of a linear layer don't fit 32 bits");
    require(reach * *most <= product_limit >> exact::mantissa_bits,
            "scaled sums of a linear layer don't fit 64 bits");
}

StoredEmbedding::StoredEmbedding(const Model& model, const std::string& weight_name,
                                 size_t alphabet_size, size_t width, int64_t shift,
                                 const StoredLayer* tied) {
    const int8_t* weight = nullptr;
    if (tied != nullptr && tied->view().parts.num_inputs == width) {
        weight = tied->view().parts.weight;
    } else {
        weight_ = read_tensor<int8_t>(model, weight_name, {alphabet_size, width});
        weight = weight_.data();
    }
    rows_ = read_tensor<int32_t>(model, "embedding.rows", {alphabet_size});
    columns_ = read_tensor<int32_t>(model, "embedding.columns", {width});
    int64_t most_row = 0, most_column = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
        require(rows_[i] >= 0, "a scale of an embedding is out of range");
        most_row = larger(most_row, int64_t{rows_[i]});
    }
    for (size_t k = 0; k < width; ++k) {
        const int64_t column = columns_[k];
        most_column = larger(most_column, larger(column, -column));
    }
    // 2**31 times 2**31 is 2**62: divided, so that nothing overflows.
    require(most_column == 0 || most_row <= (product_limit - 1) / largest_weight / most_column,
            "a scale of an embedding is out of range");
    require(shift >= 1 && shift <= 61, "the shift of an embedding is out of range");
    view_ = {weight, rows_.data(), columns_.data(), static_cast<int>(shift)};
}

void check_epsilon(int64_t epsilon, size_t width) {
    constexpr int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
    require(width >= 1 && width <= exact::max_width && epsilon >= 1 &&
                epsilon < product_limit - static_cast<int64_t>(width) * most,
            "a norm is out of range");
}

}  // namespace neurocomp::weights
