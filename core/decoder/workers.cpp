#include "decoder/workers.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

namespace neurocomp::decoder {

namespace {

// A loop that several threads share.
class Loop {
   public:
    Loop(size_t count, const std::function<void(size_t)>& work) : count_(count), work_(work) {}

    // Takes numbers until there are none.  Those who come late touch nothing that may be gone.
    void run() {
        for (size_t number = next_++; number < count_; number = next_++) {
            std::exception_ptr error;
            try {
                if (!has_failed_) work_(number);
            } catch (...) {
                error = std::current_exception();
            }
            const std::scoped_lock lock(mutex_);
            if (error != nullptr && error_ == nullptr) error_ = error;
            if (error != nullptr) has_failed_ = true;
            if (++num_done_ == count_) all_done_.notify_all();
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [this] { return num_done_ == count_; });
        if (error_ != nullptr) std::rethrow_exception(error_);
    }

   private:
    const size_t count_;
    const std::function<void(size_t)>& work_;
    std::atomic<size_t> next_ = 0;
    std::atomic<bool> has_failed_ = false;
    std::mutex mutex_;
    std::condition_variable all_done_;
    size_t num_done_ = 0;
    std::exception_ptr error_;
};

}  // namespace

Workers::Workers(size_t num_threads) {
    if (num_threads < 2) return;
    threads_.reserve(num_threads);
    try {
        for (size_t i = 0; i < num_threads; ++i) threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
        return;  // those that there are do the work, or the caller
    }
}

Workers::~Workers() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
        jobs_.clear();
    }
    wakes_.notify_all();
    for (std::thread& one : threads_) one.join();
}

void Workers::add(Job job, bool is_urgent) {
    {
        const std::scoped_lock lock(mutex_);
        if (is_urgent) {
            jobs_.push_front(std::move(job));
        } else {
            jobs_.push_back(std::move(job));
        }
    }
    wakes_.notify_one();
}

void Workers::run() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wakes_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
            if (is_stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

void Workers::for_each(size_t count, const std::function<void(size_t)>& work) {
    if (count < 2 || threads_.empty()) {
        for (size_t i = 0; i < count; ++i) work(i);
        return;
    }
    const auto loop = std::make_shared<Loop>(count, work);
    for (size_t i = 1; i < std::min(count, num_threads()); ++i) {
        add([loop] { loop->run(); }, true);
    }
    loop->run();
    loop->wait();
}

}  // namespace neurocomp::decoder
