#include "base/memory.hpp"

#include <cstdlib>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#define NEUROCOMP_MAPS_PAGES
#endif

namespace neurocomp {

namespace {

constexpr size_t cache_line = 64;
constexpr size_t huge_page = size_t{1} << 21;

void* aligned(void* raw, size_t alignment) {
    const auto address = reinterpret_cast<uintptr_t>(raw);
    return reinterpret_cast<void*>((address + alignment - 1) & ~(uintptr_t{alignment} - 1));
}

}  // namespace

Pages::Pages(size_t num_bytes, bool huge) {
    const bool large = num_bytes >= huge_page;
    const size_t alignment = large && huge ? huge_page : cache_line;
    if (num_bytes > SIZE_MAX - alignment) throw std::bad_alloc();
    raw_bytes_ = num_bytes + alignment;
#ifdef NEUROCOMP_MAPS_PAGES
    if (large) {
        raw_ =
            mmap(nullptr, raw_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (raw_ == MAP_FAILED) {
            raw_ = nullptr;
            throw std::bad_alloc();
        }
        mapped_ = true;
#ifdef MADV_HUGEPAGE
        if (huge) madvise(raw_, raw_bytes_, MADV_HUGEPAGE);
#endif
    }
#endif
    if (!mapped_) {
        raw_ = std::calloc(raw_bytes_, 1);
        if (raw_ == nullptr) throw std::bad_alloc();
    }
    data_ = aligned(raw_, alignment);
}

Pages::~Pages() {
#ifdef NEUROCOMP_MAPS_PAGES
    if (mapped_) {
        munmap(raw_, raw_bytes_);
        return;
    }
#endif
    std::free(raw_);
}

void* Arena::take_bytes(size_t num_bytes) {
    constexpr size_t chunk = 8 * huge_page;
    if (num_bytes > SIZE_MAX - cache_line) throw std::bad_alloc();
    const size_t rounded = (num_bytes + cache_line - 1) & ~(cache_line - 1);
    if (chunks_.empty() || rounded > room_ - used_) {
        const size_t size = rounded > chunk ? rounded : chunk;
        chunks_.emplace_back(size, true);
        used_ = 0;
        room_ = size;
    }
    void* const taken = static_cast<uint8_t*>(chunks_.back().data()) + used_;
    used_ += rounded;
    return taken;
}

}  // namespace neurocomp
