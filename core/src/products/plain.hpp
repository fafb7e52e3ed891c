// Products of bytes in plain C++: for any processor, and the reference for all others.
#pragma once

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

struct PlainDot {
    static void multiply_strip(const uint8_t* rows, size_t stride, size_t num_rows,
                               const int8_t* weights, int num_groups, const int32_t* offsets,
                               int32_t* out, size_t out_stride) {
        for (size_t m = 0; m < num_rows; ++m) {
            const uint8_t* row = rows + m * stride;
            const int8_t* weight = weights;
            int32_t sums[network::strip] = {};
            for (int g = 0; g < num_groups; ++g, row += network::group) {
                const int32_t a = row[0], b = row[1], c = row[2], d = row[3];
                for (int32_t& sum : sums) {
                    sum += a * weight[0] + b * weight[1] + c * weight[2] + d * weight[3];
                    weight += network::group;
                }
            }
            for (int n = 0; n < network::strip; ++n) out[m * out_stride + static_cast<size_t>(n)] = sums[n] - offsets[n];
        }
    }
};

}  // namespace

}  // namespace neurocomp::products
