// Tests of the products of every kind of processor.
#include "products.hpp"

#include <cstdint>
#include <vector>

#include "base/integers.hpp"
#include "base/processor.hpp"
#include "checks.hpp"
#include "products/strips.hpp"

namespace neurocomp::tests {

namespace {

tests::Multiply multiply_of(Processor processor) {
    switch (processor) {
#if defined(__x86_64__) || defined(_M_X64)
        case Processor::avx2:
            return tests::multiply_avx2;
        case Processor::avxvnni:
            return tests::multiply_avxvnni;
        case Processor::avx512vnni:
            return tests::multiply_avx512vnni;
#ifdef NEUROCOMP_AMX
        case Processor::amx:
            return tests::multiply_amx;
#endif
#endif
        case Processor::baseline:
            return tests::multiply_baseline;
        default:
            return tests::multiply_plain;
    }
}

}  // namespace

// Every kind's sums are those of the definition, for the largest weights and activations too.
void test_products() {
    enum Kind { random, largest, least, turning, num_kinds };
    Numbers numbers(11);
    constexpr size_t groups[] = {1, 2, 3, 15, 16, 17, 33, 64, 128, 255, 257, 513};
    constexpr size_t rows[] = {1, 2, 3, 5, 6, 8, 15, 16, 17, 31, 32, 33, 47, 70};
    for (const size_t num_groups : groups) {
        const size_t num_inputs = num_groups * products::group_inputs;
        const size_t stride = num_inputs + size_t{4} * numbers.below(3);
        for (const size_t num_rows : rows) {
            const int kind = static_cast<int>(numbers.below(num_kinds));
            // Exact, so that a sanitizer sees their ends.
            std::vector<uint8_t> bytes((num_rows - 1) * stride + num_inputs);
            std::vector<int8_t> weights(num_inputs * products::strip_outputs);
            for (size_t i = 0; i < bytes.size(); ++i) {
                const bool high = kind == largest || (kind == turning && i % 3 == 0);
                bytes[i] = static_cast<uint8_t>(kind == random ? 1 + numbers.below(255)
                                                : high         ? 255
                                                               : 1);
            }
            for (size_t i = 0; i < weights.size(); ++i) {
                const bool high = kind == largest || (kind == turning && i % 2 == 0);
                weights[i] = static_cast<int8_t>(kind == random ? numbers.within(64)
                                                 : high         ? 64
                                                                : -64);
            }
            std::vector<int32_t> offsets(products::strip_outputs);
            std::vector<int32_t> expected(num_rows * products::strip_outputs);
            for (size_t n = 0; n < products::strip_outputs; ++n) {
                const auto weight = [&](size_t k) {
                    const size_t place = k / products::group_inputs * products::strip_outputs + n;
                    return int32_t{
                        weights[place * products::group_inputs + k % products::group_inputs]};
                };
                for (size_t k = 0; k < num_inputs; ++k) offsets[n] -= 128 * weight(k);
                for (size_t m = 0; m < num_rows; ++m) {
                    int32_t& sum = expected[m * products::strip_outputs + n];
                    for (size_t k = 0; k < num_inputs; ++k) {
                        sum += (bytes[m * stride + k] - 128) * weight(k);
                    }
                }
            }
            const auto check = [&](tests::Multiply multiply) {
                std::vector<int32_t> found(expected.size());
                multiply(bytes.data(), stride, num_rows, static_cast<int>(num_groups),
                         weights.data(), offsets.data(), found.data());
                EXPECT(found == expected);
            };
            check(tests::multiply_plain);
            for (const Processor one : available_processors()) check(multiply_of(one));
        }
    }
}

}  // namespace neurocomp::tests
