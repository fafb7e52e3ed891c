// What products of strips ask memory for before they need it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inlining.hpp"
#include "exact/strip_kinds_impl.hpp"

namespace neurocomp::exact {

namespace {

// How far ahead weights are asked for: left to itself, a processor begins again with each page.
inline constexpr size_t fetch_distance = 4096;

#if defined(__GNUC__) || defined(__clang__)
#define NEUROCOMP_FETCH(address) __builtin_prefetch(address)
#define NEUROCOMP_FETCH_TO_SECOND_CACHE(address) __builtin_prefetch(address, 0, 2)
#else
#define NEUROCOMP_FETCH(address) (void)(address)
#define NEUROCOMP_FETCH_TO_SECOND_CACHE(address) (void)(address)
#endif

// What a product of rows with a strip asks memory for: where nothing is `next`, what lies ahead in
// the strip itself, else a part of the next strip.  The rows of a strip share it evenly: memory would
// be too slow for the first of them, and idle while the others find the strip in the caches.
struct Fetching {
    static constexpr int share_bits = 8;

    const uint8_t* next = nullptr;
    size_t num_groups = 0;
    size_t share = 0;  // of a row, of each group's bytes
    size_t row = 0;    // the first of the product

    Fetching() = default;
    NEUROCOMP_INLINE Fetching(const uint8_t* strip, size_t groups, size_t num_rows)
        : next(strip), num_groups(groups), share((group_bytes << share_bits) / num_rows + 1) {}

    NEUROCOMP_INLINE Fetching from_row(size_t number) const {
        Fetching other = *this;
        other.row += number;
        return other;
    }
    NEUROCOMP_INLINE const uint8_t* place() const {
        return next + (row * share * num_groups >> share_bits);
    }
    NEUROCOMP_INLINE size_t step(size_t num_rows) const { return num_rows * share >> share_bits; }
};

}  // namespace

}  // namespace neurocomp::exact
