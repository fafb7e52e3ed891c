// Products of bytes in plain C++: for any processor, and the reference for all others.
#pragma once

#include "products/tile.hpp"

namespace neurocomp::products {

namespace {

class PlainProducts {
   public:
    explicit PlainProducts(const Rows& rows) : rows_(rows) {}

    void strip(size_t row, size_t count, const int8_t* NEUROCOMP_RESTRICT weights,
               const int32_t* NEUROCOMP_RESTRICT offsets, int32_t* NEUROCOMP_RESTRICT out) const {
        for (size_t m = row; m < row + count; ++m, out += sums_stride) {
            const uint8_t* inputs = rows_.bytes + m * rows_.stride;
            const int8_t* weight = weights;
            int32_t sums[strip_outputs];
            std::memcpy(sums, offsets, sizeof sums);
            for (int g = 0; g < rows_.num_groups; ++g, inputs += group_inputs) {
                const int16_t a = inputs[0], b = inputs[1], c = inputs[2], d = inputs[3];
                for (int32_t& sum : sums) {
                    // Two products fit 16 bits, of which compilers make vectors of more numbers.
                    const auto one = static_cast<int16_t>(a * weight[0] + b * weight[1]);
                    const auto two = static_cast<int16_t>(c * weight[2] + d * weight[3]);
                    sum += one + two;
                    weight += group_inputs;
                }
            }
            std::memcpy(out, sums, sizeof sums);
        }
    }

   private:
    Rows rows_;
};

}  // namespace

}  // namespace neurocomp::products
