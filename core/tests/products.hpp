// Products of every kind that this compiler makes, for tests: each source of this name's kind is
// compiled as the kernels are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::tests {

// Rows of bytes, `stride` apart, times a strip of weights; sums of a row are 32 numbers.
using Multiply = void (*)(const uint8_t* bytes, size_t stride, size_t num_rows, int num_groups,
                          const int8_t* weights, const int32_t* offsets, int32_t* out);

#define NEUROCOMP_MULTIPLY(name)                                                    \
    void name(const uint8_t* bytes, size_t stride, size_t num_rows, int num_groups, \
              const int8_t* weights, const int32_t* offsets, int32_t* out)
#define NEUROCOMP_MULTIPLY_BY(name, Products)                     \
    NEUROCOMP_MULTIPLY(name) {                                    \
        Products products({bytes, stride, num_rows, num_groups}); \
        products.strip(0, num_rows, weights, offsets, out);       \
    }

NEUROCOMP_MULTIPLY(multiply_plain);
NEUROCOMP_MULTIPLY(multiply_baseline);
#if defined(__x86_64__) || defined(_M_X64)
NEUROCOMP_MULTIPLY(multiply_avx2);
NEUROCOMP_MULTIPLY(multiply_avxvnni);
NEUROCOMP_MULTIPLY(multiply_avx512vnni);
#ifdef NEUROCOMP_AMX
NEUROCOMP_MULTIPLY(multiply_amx);
#endif
#endif

}  // namespace neurocomp::tests
