#include "base/team.hpp"

#include <chrono>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace neurocomp {

namespace {

void pause() {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
    __asm__ volatile("yield");
#endif
}

// Whether `condition` comes true soon: phases follow each other within microseconds.
template <typename Condition>
bool comes_soon(const Condition& condition) {
    constexpr std::chrono::microseconds patience{40};
    const auto start = std::chrono::steady_clock::now();
    do {
        for (int i = 0; i < 32; ++i) {
            if (condition()) return true;
            pause();
        }
    } while (std::chrono::steady_clock::now() - start < patience);
    return condition();
}

}  // namespace

uint64_t Team::begin() { return steps_begun_.fetch_add(1) + 1; }

void Team::end() {
    steps_ended_.store(steps_begun_.load());
    if (num_asleep_.load() == 0) return;
    {
        const std::scoped_lock lock(mutex_);
    }
    woken_.notify_all();
}

void Team::assist(size_t member, uint64_t step) {
    const auto has_ended = [&] { return steps_ended_.load() >= step; };
    const auto is_wanted = [&] { return has_pieces() || has_ended(); };
    while (!has_ended()) {
        if (take_piece(member) || comes_soon(is_wanted)) continue;
        std::unique_lock<std::mutex> lock(mutex_);
        // Whoever leads looks at the number after making pieces: one of both sees the other.
        num_asleep_.fetch_add(1);
        woken_.wait(lock, is_wanted);
        num_asleep_.fetch_sub(1);
    }
}

bool Team::take_piece(size_t member) {
    uint64_t left = left_.load();
    while (static_cast<uint32_t>(left) != 0) {
        if (!left_.compare_exchange_weak(left, left - 1)) continue;
        // The phase stays as it is until this piece is done.
        const Phase phase = phase_;
        phase.call(phase.work, num_pieces_ - static_cast<uint32_t>(left), member);
        num_done_.fetch_add(1);
        return true;
    }
    return false;
}

void Team::run(const Phase& phase, size_t num_pieces) {
    phase_ = phase;
    num_pieces_ = num_pieces;
    num_done_.store(0);
    const uint64_t number = (left_.load() >> 32) + 1;
    left_.store(number << 32 | num_pieces);
    if (num_asleep_.load() != 0) {
        {
            const std::scoped_lock lock(mutex_);
        }
        woken_.notify_all();
    }
    while (take_piece(0)) {
    }
    const auto is_done = [&] { return num_done_.load() == num_pieces; };
    while (!comes_soon(is_done)) std::this_thread::yield();
}

}  // namespace neurocomp
