// Threads that share the work of steps, piece by piece.
//
// One thread leads: it cuts each phase of a step into pieces, takes part in it, and goes on when all
// are done.  Others assist for as long as a step lasts; they may come late, or not at all, and then
// the leader does what they would have done.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/spinning.hpp"

namespace neurocomp {

class Team {
   public:
    // `num_members` with the leader, who is number 0.
    explicit Team(size_t num_members) : num_members_(num_members) {}
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    size_t num_members() const { return num_members_; }

    // Begins a step; returns its number.
    uint64_t begin();

    // Ends it: whoever assists leaves.
    void end();

    // Does pieces of the phases of a step until it ends.
    void assist(size_t member, uint64_t step);

    // Has work(piece, member) done for each piece below `num_pieces`, which is below 2**32; whatever it
    // writes may be read afterwards.  The leader's.  `work` must not throw.
    template <typename Work>
    void share(size_t num_pieces, const Work& work) {
        if (num_members_ == 1 || num_pieces == 1) {
            for (size_t piece = 0; piece < num_pieces; ++piece) work(piece, size_t{0});
            return;
        }
        run({&work, [](const void* what, size_t piece,
                       size_t member) { (*static_cast<const Work*>(what))(piece, member); }},
            num_pieces);
    }

   private:
    struct Phase {
        const void* work;
        void (*call)(const void* work, size_t piece, size_t member);
    };

    void run(const Phase& phase, size_t num_pieces);
    bool take_piece(size_t member);
    bool has_pieces() const { return static_cast<uint32_t>(left_.load()) != 0; }

    size_t num_members_;
    // Of the current phase; only whoever has taken one of its pieces may read them.
    Phase phase_ = {};
    size_t num_pieces_ = 0;
    // The phase's number in the upper half, how many of its pieces nobody has taken in the lower.
    alignas(64) std::atomic<uint64_t> left_ = 0;
    alignas(64) std::atomic<size_t> num_done_ = 0;
    alignas(64) std::atomic<uint64_t> steps_begun_ = 0;
    std::atomic<uint64_t> steps_ended_ = 0;
    std::atomic<size_t> num_asleep_ = 0;
    std::atomic<bool> leader_sleeps_ = false;
    Spinner leader_;
    std::mutex mutex_;
    std::condition_variable woken_;  // whoever assists: there are pieces, or the step has ended
    std::condition_variable done_;   // the leader: the phase's pieces are done
};

}  // namespace neurocomp
