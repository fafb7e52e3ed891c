// What the core's tests have in common.
#pragma once

#include <cstdint>
#include <cstdio>

namespace neurocomp::tests {

inline int num_failed = 0;

#define EXPECT(condition)                                                                \
    do {                                                                                 \
        if (const bool holds = (condition); !holds) {                                    \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            ++neurocomp::tests::num_failed;                                              \
        }                                                                                \
    } while (0)

// A linear congruential generator (D. Knuth, MMIX).
class Numbers {
   public:
    explicit Numbers(uint64_t seed) : state_(seed) {}
    // 0 .. bound - 1; bound <= 2**31.
    uint32_t below(uint32_t bound) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<uint32_t>((state_ >> 33) % bound);
    }
    int32_t within(int32_t limit) {
        return static_cast<int32_t>(below(2 * static_cast<uint32_t>(limit) + 1)) - limit;
    }

   private:
    uint64_t state_;
};

void test_coder_stays_in_its_buffer();
void test_coders_of_symbols();
void test_products();

}  // namespace neurocomp::tests
