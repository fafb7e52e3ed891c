#include "base/team.hpp"

namespace neurocomp {

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
    Spinner spinner;
    while (!has_ended()) {
        if (take_piece(member) || spinner.comes_soon(is_wanted)) continue;
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
        const size_t num_pieces = num_pieces_;
        phase.call(phase.work, num_pieces - static_cast<uint32_t>(left), member);
        if (num_done_.fetch_add(1) + 1 == num_pieces && leader_sleeps_.load()) {
            {
                const std::scoped_lock lock(mutex_);
            }
            done_.notify_one();
        }
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
    if (leader_.comes_soon(is_done)) return;
    // Whoever has the last piece may be waiting for a processor.  It looks at the flag after counting
    // the piece: one of both sees the other.
    std::unique_lock<std::mutex> lock(mutex_);
    leader_sleeps_.store(true);
    done_.wait(lock, is_done);
    leader_sleeps_.store(false);
}

}  // namespace neurocomp
