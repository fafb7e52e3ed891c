// Threads that decode blocks, and parts of blocks, side by side.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace neurocomp::decoder {

// Thrown in jobs whose result nobody waits for any longer.
struct Stopped : std::exception {
    const char* what() const noexcept override { return "nobody waits for the result"; }
};

class Workers {
   public:
    using Job = std::function<void()>;

    // With one thread in all there is the caller's only, and `submit` is not to be called.  Where the
    // system gives fewer threads than asked for, there are fewer.
    explicit Workers(size_t num_threads);
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    // Stops what looks whether it is to stop, and waits for the rest.
    ~Workers();

    // Threads that work at once.
    size_t num_threads() const { return threads_.empty() ? 1 : threads_.size(); }
    // Has a thread do a job, which must not throw.
    void submit(Job job) { add(std::move(job), false); }
    // Calls `work` for 0 .. count - 1, in this thread and in others that have nothing else to do, and
    // returns when all are done.  What `work` throws is thrown here, once, and keeps numbers that
    // were not begun from being so.
    void for_each(size_t count, const std::function<void(size_t)>& work);
    // Throws Stopped where the workers are at their end.
    void check() const {
        if (is_stopping_.load(std::memory_order_relaxed)) throw Stopped();
    }

   private:
    void add(Job job, bool is_urgent);
    void run();

    std::mutex mutex_;
    std::condition_variable wakes_;
    std::deque<Job> jobs_;
    std::atomic<bool> is_stopping_ = false;
    std::vector<std::thread> threads_;
};

// Who decodes a block: all workers where it is the only one at a time, else those who are idle.
struct Crew {
    Workers& workers;
    bool is_alone;

    // Parts of the block that are worth working on at once.
    size_t num_parts() const { return is_alone ? workers.num_threads() : 1; }
};

}  // namespace neurocomp::decoder
