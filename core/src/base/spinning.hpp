// Spinning for what other threads do within microseconds.
#pragma once

#include <algorithm>
#include <chrono>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace neurocomp {

inline void pause_spinning() {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
    __asm__ volatile("yield");
#endif
}

// Spins as long as that was worth it before.  Threads with processors of their own are soon done, and
// sleeping would take longer; where there are more threads than processors, spinning keeps one from
// whoever is waited for.
class Spinner {
   public:
    // Whether `condition` comes true before patience ends.
    template <typename Condition>
    bool comes_soon(const Condition& condition) {
        if (condition()) return true;
        const auto start = Clock::now();
        do {
            for (int i = 0; i < 32; ++i) {
                pause_spinning();
                if (!condition()) continue;
                patience_ = std::min(2 * patience_, longest);
                return true;
            }
        } while (Clock::now() - start < patience_);
        patience_ = std::max(patience_ / 2, shortest);
        return false;
    }

   private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::nanoseconds longest{40'000};
    static constexpr std::chrono::nanoseconds shortest{10'000};  // what it takes to sleep and wake

    std::chrono::nanoseconds patience_ = longest;
};

}  // namespace neurocomp
