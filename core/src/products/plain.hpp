// Products of bytes in plain C++: for any processor, and the reference for all others.
#pragma once

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

class PlainProducts {
   public:
    explicit PlainProducts(const Rows& rows) : rows_(rows) {}

    void strip(size_t row, size_t count, const int8_t* weights, const int32_t* offsets,
               int32_t* NEUROCOMP_RESTRICT out) const {
        for (size_t m = row; m < row + count; ++m, out += sums_stride) {
            for (int first = 0; first < network::strip; first += outputs) {
                multiply(rows_.bytes + m * rows_.stride, weights + first * network::group,
                         offsets + first, out + first);
            }
        }
    }

   private:
    // Sums that a pass keeps in registers, four for each output.
    static constexpr int outputs = 8;
    static constexpr int products = outputs * network::group;

    // Weights are taken in the order in which they lie, so that compilers make vectors of them.
    void multiply(const uint8_t* NEUROCOMP_RESTRICT row, const int8_t* NEUROCOMP_RESTRICT weights,
                  const int32_t* NEUROCOMP_RESTRICT offsets,
                  int32_t* NEUROCOMP_RESTRICT out) const {
        int32_t sums[products] = {};
        for (int g = 0; g < rows_.num_groups; ++g, weights += group_bytes, row += network::group) {
            int16_t inputs[products];
            for (int i = 0; i < products; ++i) inputs[i] = row[i % network::group];
            for (int i = 0; i < products; ++i) {
                // At most 255 * 64 in magnitude.
                sums[i] += static_cast<int16_t>(inputs[i] * weights[i]);
            }
        }
        for (int n = 0; n < outputs; ++n) {
            const int32_t* const four = sums + n * network::group;
            out[n] = four[0] + four[1] + four[2] + four[3] + offsets[n];
        }
    }

    Rows rows_;
};

}  // namespace

}  // namespace neurocomp::products
