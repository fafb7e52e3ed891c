#include "network/network.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace neurocomp::network {

namespace {

constexpr int max_weight = 64;  // two products of bytes are added in 16 bits
constexpr int activation_limit = 127;
constexpr int64_t product_limit = int64_t{1} << 62;
constexpr int mantissa_bits = 15;
constexpr int min_shift = 20;
constexpr int max_shift = 62;
constexpr int max_table_bits = 22;
constexpr int most_blocks = 64;
constexpr int max_scale = (1 << 15) - 1;

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

size_t padded(int num_outputs) {
    return static_cast<size_t>((num_outputs + strip_outputs - 1) / strip_outputs) * strip_outputs;
}

size_t packed_bytes(int num_outputs, int num_inputs) {
    return padded(num_outputs) * static_cast<size_t>(num_inputs);
}

void check_table(const int32_t* table, int64_t least, int64_t most) {
    const auto [low, high] = std::minmax_element(table, table + table_size);
    require(*low >= least && *high <= most, "a table of a network has entries out of range");
}

// How far the sum of bytes' embeddings reaches at most, by column.
std::vector<int64_t> reach_of_bytes(const Shape& shape, const int32_t* row) {
    const auto width = static_cast<size_t>(shape.width);
    std::vector<int64_t> total(width, 0);
    std::vector<int64_t> reach(width);
    for (int k = 0; k < shape.context; ++k) {
        std::fill(reach.begin(), reach.end(), 0);
        for (int byte = 0; byte < alphabet_size; ++byte, row += width) {
            for (size_t n = 0; n < width; ++n) {
                reach[n] = std::max(reach[n], std::abs(int64_t{row[n]}));
            }
        }
        for (size_t n = 0; n < width; ++n) total[n] += reach[n];
    }
    return total;
}

// Adds to `total` how far the embeddings of hashed n-grams reach, row by row.
void add_reach_of_rows(const Shape& shape, const Tensors& tensors, std::vector<int64_t>& total) {
    const auto width = static_cast<size_t>(shape.width);
    std::vector<int8_t> levels(width + HashedRows::margin);
    std::vector<int64_t> reach(width);
    size_t row = 0;
    for (const HashedTable& table : shape.tables) {
        std::fill(reach.begin(), reach.end(), 0);
        for (const size_t end = row + (size_t{1} << table.bits); row < end; ++row) {
            tensors.hashed->expand(row, levels.data());
            for (size_t n = 0; n < width; ++n) {
                const int64_t value = int64_t{levels[n]} * tensors.hashed_scales[row];
                reach[n] = std::max(reach[n], std::abs(value));
            }
        }
        for (size_t n = 0; n < width; ++n) total[n] += reach[n];
    }
}

// Sums of embeddings stay within the stream's bound.
void check_embeddings(const Shape& shape, const Tensors& tensors) {
    std::vector<int64_t> total = reach_of_bytes(shape, tensors.embeddings);
    int64_t farthest = *std::max_element(total.begin(), total.end());
    const int32_t* scale = tensors.hashed_scales;
    for (const HashedTable& table : shape.tables) {
        const int32_t* const end = scale + (size_t{1} << table.bits);
        const auto [low, high] = std::minmax_element(scale, end);
        require(*low >= 1 && *high <= max_scale,
                "the scales of a network's hashed embeddings are out of range");
        farthest += int64_t{tensors.hashed->most()} * *high;
        scale = end;
    }
    if (farthest <= residual_limit) return;  // so that no row need be looked at
    add_reach_of_rows(shape, tensors, total);
    require(*std::max_element(total.begin(), total.end()) <= residual_limit,
            "the embeddings of a network add up beyond the stream's range");
}

}  // namespace

void Shape::check() const {
    require(width >= 4 && width <= max_width && width % group_inputs == 0,
            "a width is out of range");
    require(inner_width >= 4 && inner_width <= 4 * max_width && inner_width % group_inputs == 0,
            "a width of a network is out of range");
    require(num_blocks >= 1 && num_blocks <= most_blocks, "a network has 1 to 64 blocks");
    require(context >= 1 && context <= max_context, "a network's context is out of range");
    require(epsilon >= 1 && epsilon <= residual_limit, "a network's epsilon is out of range");
    require(tables.size() <= max_tables, "a network has too many tables");
    int length = 1;
    for (const HashedTable& table : tables) {
        require(table.length > length && table.length <= context && table.bits >= 1 &&
                    table.bits <= max_table_bits,
                "a table of a network is out of range");
        length = table.length;
    }
    require(section_lanes >= 1 && section_lanes <= int{format::max_bytenet_lanes},
            "a section of a network's blocks has too many lanes");
}

size_t Shape::num_hashed_rows() const {
    size_t rows = 0;
    for (const HashedTable& table : tables) rows += size_t{1} << table.bits;
    return rows;
}

Network::Network(Shape shape, const Tensors& tensors, const LayerSource& layers)
    : shape_(std::move(shape)), tensors_(tensors) {
    shape_.check();
    const int width = shape_.width;
    const int inner = shape_.inner_width;
    const auto num_blocks = static_cast<size_t>(shape_.num_blocks);
    check_embeddings(shape_, tensors);
    check_table(tensors.gates, 0, 1 << 16);
    check_table(tensors.silu, -(16 << 12), 16 << 12);
    require(tensors.exp2[0] == 1 << 30 && tensors.exp2[exp2_size - 1] >= 1 << 29 &&
                std::is_sorted(tensors.exp2, tensors.exp2 + exp2_size, std::greater<>()),
            "the table of powers of 2 of a network is damaged");
    weights_ =
        Array<int8_t>(num_blocks * (packed_bytes(3 * width, width) + packed_bytes(width, width) +
                                    packed_bytes(inner, width) + packed_bytes(width, inner)) +
                          packed_bytes(alphabet_size, width),
                      PageSize::huge);
    size_t place = 0;
    size_t index = 0;
    const auto next = [&](int num_outputs, int num_inputs, int32_t clip) {
        return pack(layers(index++), num_outputs, num_inputs, clip, place);
    };
    for (size_t b = 0; b < num_blocks; ++b) {
        blocks_.push_back({next(3 * width, width, residual_limit),
                           next(width, width, residual_limit), next(inner, width, square_limit),
                           next(width, inner, residual_limit)});
    }
    head_ = next(alphabet_size, width, head_limit);
}

Layer Network::pack(const LayerTensors& from, int num_outputs, int num_inputs, int32_t clip,
                    size_t& place) {
    const auto outputs = static_cast<size_t>(num_outputs);
    const auto inputs = static_cast<size_t>(num_inputs);
    const size_t num_groups = inputs / group_inputs;
    int8_t* const packed = weights_.data() + place;
    Layer layer;
    layer.num_outputs = static_cast<int>(padded(num_outputs));
    layer.num_groups = static_cast<int>(num_groups);
    layer.weight = packed;
    layer.clip = clip;
    layer.offsets.resize(padded(num_outputs));
    layer.multiplier.resize(padded(num_outputs));
    layer.bias.resize(padded(num_outputs));
    int64_t widest = 0;
    int64_t largest = 0;
    int64_t largest_bias = 0;
    for (size_t n = 0; n < outputs; ++n) {
        const int8_t* const row = from.weight + n * inputs;
        int8_t* to = packed + n / strip_outputs * (num_groups * strip_outputs * group_inputs) +
                     n % strip_outputs * group_inputs;
        int64_t sum = 0;
        int64_t reach = 0;
        int most = 0;
        for (size_t k = 0; k < inputs; ++k) {
            const int value = row[k];
            sum += value;
            reach += std::abs(value);
            most = std::max(most, std::abs(value));
        }
        for (size_t g = 0; g < num_groups; ++g, to += size_t{strip_outputs} * group_inputs) {
            std::copy_n(row + g * group_inputs, group_inputs, to);
        }
        require(most <= max_weight, "a weight of a linear layer exceeds 64");
        const int64_t multiplier = from.multiplier[n];
        require(multiplier >= 0 && multiplier <= int64_t{UINT32_MAX},
                "a multiplier of a linear layer is out of range");
        layer.offsets[n] = static_cast<int32_t>(-128 * sum);
        layer.multiplier[n] = static_cast<uint32_t>(multiplier);
        layer.bias[n] = from.bias[n];
        widest = std::max(widest, reach);
        largest = std::max(largest, multiplier);
        largest_bias = std::max(largest_bias, std::abs(int64_t{from.bias[n]}));
    }
    require(from.shift >= min_shift && from.shift <= max_shift,
            "the shift of a linear layer is out of range");
    require(activation_limit * widest < int64_t{1} << 31,
            "sums of a linear layer don't fit 32 bits");
    layer.shift = static_cast<int>(from.shift);
    layer.margin = (int64_t{1} << 31) - 1 - largest_bias;
    // widest < 2**25 and largest < 2**32, so that their product fits.
    require(largest == 0 || activation_limit * widest <= (product_limit >> mantissa_bits) / largest,
            "scaled sums of a linear layer don't fit 64 bits");
    layer.reach = activation_limit * widest * largest;
    place += packed_bytes(num_outputs, num_inputs);
    return layer;
}

}  // namespace neurocomp::network
