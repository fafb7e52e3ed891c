#include "images/contexts.hpp"

#include "base/integers.hpp"

namespace neurocomp::images {

namespace {

// The key of a context with one more part, which is -1 where it is not there.
uint64_t longer(uint64_t key, int64_t part) {
    const auto more = static_cast<uint64_t>(part + 1);
    const uint64_t mixed = (key ^ (more * 0xD6E8FEB86659FD93)) * 0x9E3779B97F4A7C15;
    return larger(mixed ^ (mixed >> 31), uint64_t{1});
}

template <typename... Parts>
uint64_t key_of(size_t number, Parts... parts) {
    uint64_t key = number + 1;
    ((key = longer(key, static_cast<int64_t>(parts))), ...);
    return key;
}

}  // namespace

void write_keys(const int32_t* image, const int32_t* rarest, size_t place, size_t num_columns,
                uint64_t* keys) {
    const size_t row = place / num_columns, column = place % num_columns;
    const bool has_right = row > 0 && column + 1 < num_columns;
    const int32_t left = column > 0 ? image[place - 1] : -1;
    const int32_t second_left = column > 1 ? image[place - 2] : -1;
    const int32_t above = row > 0 ? image[place - num_columns] : -1;
    const int32_t above_left = row > 0 && column > 0 ? image[place - num_columns - 1] : -1;
    const int32_t above_right = has_right ? image[place - num_columns + 1] : -1;
    keys[0] = key_of(0, place);
    keys[1] = key_of(1, left);
    keys[2] = key_of(2, left, above);
    keys[3] = key_of(3, left, above, above_left, above_right);
    keys[4] = key_of(4, left, second_left);
    keys[5] = key_of(5, place, left);
    keys[6] = key_of(6, place, above);
    keys[7] = key_of(7, above_left, above_right);
    for (size_t number = num_image_contexts; number < num_contexts - 1; ++number) {
        const int32_t token = rarest[number - num_image_contexts];
        keys[number] = token >= 0 ? key_of(number, place, token) : 0;
    }
    constexpr size_t last = num_contexts - 1;
    keys[last] = rarest[1] >= 0 ? key_of(last, place, rarest[0], rarest[1]) : 0;
}

void choose_rarest(const int32_t* tokens, size_t num_tokens, const int32_t* counts, int32_t* out) {
    for (size_t number = 0; number < num_rarest; ++number) {
        int32_t best = -1;
        for (size_t place = 0; place < num_tokens; ++place) {
            const int32_t token = tokens[place];
            bool is_taken = false;
            for (size_t before = 0; before < number; ++before) is_taken |= out[before] == token;
            if (!is_taken && (best < 0 || counts[token] < counts[best])) best = token;
        }
        out[number] = best;
    }
}

}  // namespace neurocomp::images
