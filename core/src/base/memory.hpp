// Zeroed memory for tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/inlining.hpp"

#ifdef NEUROCOMP_CHECKED
#include <cstdlib>
#endif

namespace neurocomp {

// A number of zeroed bytes that begin at a cache line.  Large ones are given out by the system page
// by page, as they are touched, and may lie in huge pages: tables are read at random, and with small
// pages most reads miss the TLB.
class Pages {
   public:
    Pages() = default;
    // Throws std::bad_alloc.
    Pages(size_t num_bytes, bool huge);
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    Pages(Pages&& other) noexcept { swap(other); }
    Pages& operator=(Pages&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Pages();

    void* data() const { return data_; }

   private:
    void swap(Pages& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(raw_, other.raw_);
        std::swap(raw_bytes_, other.raw_bytes_);
        std::swap(mapped_, other.mapped_);
    }

    void* data_ = nullptr;
    void* raw_ = nullptr;
    size_t raw_bytes_ = 0;
    bool mapped_ = false;
};

enum class PageSize { small, huge };

// An array of integers, all zero at first.
template <typename T>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);

   public:
    Array() = default;
    explicit Array(size_t size, PageSize pages = PageSize::small)
        : pages_(size * sizeof(T), pages == PageSize::huge),
          data_(static_cast<T*>(pages_.data())),
          size_(size) {}

    NEUROCOMP_INLINE T* data() { return data_; }
    NEUROCOMP_INLINE const T* data() const { return data_; }
    NEUROCOMP_INLINE size_t size() const { return size_; }

    // Every index is within bounds by construction; builds with NEUROCOMP_CHECKED look.
    NEUROCOMP_INLINE T& operator[](size_t index) {
        check(index);
        return data_[index];
    }
    NEUROCOMP_INLINE const T& operator[](size_t index) const {
        check(index);
        return data_[index];
    }

    void fill(T value) {
        for (size_t i = 0; i < size_; ++i) data_[i] = value;
    }

    // Takes over the beginning of `other`, which has not more elements; this one is zero.  Pages of
    // zeros are left alone, so that they take no memory here either.
    void take(const Array& other) {
        constexpr size_t page_bytes = 4096;
        static constexpr unsigned char zeros[page_bytes] = {};
        const auto* from = reinterpret_cast<const unsigned char*>(other.data_);
        auto* to = reinterpret_cast<unsigned char*>(data_);
        const size_t num_bytes = other.size_ * sizeof(T);
        for (size_t at = 0; at < num_bytes; at += page_bytes) {
            const size_t count = num_bytes - at < page_bytes ? num_bytes - at : page_bytes;
            if (std::memcmp(from + at, zeros, count) != 0) std::memcpy(to + at, from + at, count);
        }
    }

   private:
    NEUROCOMP_INLINE void check([[maybe_unused]] size_t index) const {
#ifdef NEUROCOMP_CHECKED
        if (index >= size_) std::abort();
#endif
    }

    Pages pages_;
    T* data_ = nullptr;
    size_t size_ = 0;
};

// Zeroed memory for many arrays that live as long as each other and are read one after the other: they
// lie side by side in huge pages, which each of them alone would be too small for.
class Arena {
   public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    // Room for a number of elements, at a cache line.  Throws std::bad_alloc.
    template <typename T>
    T* take(size_t size) {
        return static_cast<T*>(take_bytes(size * sizeof(T)));
    }

   private:
    void* take_bytes(size_t num_bytes);

    std::vector<Pages> chunks_;
    size_t used_ = 0;  // bytes of the last
    size_t room_ = 0;
};

}  // namespace neurocomp
