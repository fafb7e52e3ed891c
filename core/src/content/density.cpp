#include "content/density.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace neurocomp::content {

namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t num_values = 256;
constexpr size_t num_pairs = num_values * num_values;

// The same as `trifle` of what pairs promise, of which models keep a half.
constexpr uint64_t pairs_trifle = 200;

// Standard deviations from what is expected that are not chance any more.
constexpr int64_t deviations = 6;

constexpr size_t window_bytes = size_t{1} << 9;
// Windows that are looked at where there are fewer than four times as many, else a fourth.
constexpr size_t max_windows = size_t{1} << 12;

constexpr size_t lag_bytes = size_t{1} << 15;
constexpr int64_t lag_deviations = 10;  // one byte in 190 follows from the byte at that distance
// Bytes for each part in which distances are looked at; there are two at least.
constexpr size_t lag_gap = size_t{1} << 21;
constexpr size_t max_lag = size_t{1} << 9;

constexpr int string_bytes = 6;
// Of so many strings one is looked up: that which its first two bytes choose.
constexpr uint32_t string_gap = 32;
// floor(2**16 * (sqrt(5) - 1) / 2), odd: Knuth, section 6.4
constexpr uint32_t string_multiplier = 40503;

using Counts = std::array<uint32_t, num_values>;

// The standard deviation of chi-squared for so many kinds, rounded up.
constexpr int64_t deviation(size_t num_kinds) {
    int64_t root = 0;
    while (root * root < 2 * (static_cast<int64_t>(num_kinds) - 1)) ++root;
    return root;
}

// A chi-squared statistic next to what is expected of random bytes.
struct Chance {
    int64_t excess;     // how much more it is
    int64_t deviation;  // the standard deviation that it has in random bytes
    uint64_t num_bytes;

    // Whether it is no chance, and would save more than one in `share` bytes.
    bool promises(uint64_t share) const;
};

// What a small excess of chi-squared, not below 0, saves: excess / (2 ln 2) bits.
constexpr uint64_t bits_of(int64_t excess) { return static_cast<uint64_t>(excess) * 1000 / 1386; }

bool Chance::promises(uint64_t share) const {
    return excess > deviations * deviation && bits_of(excess) * share > 8 * num_bytes;
}

// How uneven the counts of `num_kinds` kinds are.
Chance chance_of(std::span<const uint32_t> counts) {
    uint64_t num_counted = 0;
    uint64_t squares = 0;
    for (const uint64_t count : counts) {
        num_counted += count;
        squares += count * count;
    }
    // squares * kinds / counted, whose product need not fit 64 bits.
    const uint64_t kinds = counts.size();
    const uint64_t statistic =
        squares / num_counted * kinds + squares % num_counted * kinds / num_counted;
    const int64_t excess = static_cast<int64_t>(statistic) - static_cast<int64_t>(num_counted) -
                           static_cast<int64_t>(kinds - 1);
    return {excess, deviation(counts.size()), num_counted};
}

// Windows of the content, evenly spread.
class Windows {
   public:
    explicit Windows(Bytes content)
        : content_(content),
          gap_(std::clamp<size_t>(content.size() / window_bytes / max_windows, 1, 4)),
          size_((content.size() / window_bytes + gap_ - 1) / gap_) {}

    size_t size() const { return size_; }
    Bytes operator[](size_t index) const {
        return content_.subspan(index * gap_ * window_bytes, window_bytes);
    }

   private:
    Bytes content_;
    size_t gap_;
    size_t size_;
};

// Whether bytes are uneven, in all windows together or in some alone.  More equal than chance would
// have it counts in a window as well: such bytes follow from each other.
bool bytes_shrink(const Windows& windows) {
    constexpr int64_t unequal = deviations * deviation(num_values);
    Counts all{};
    uint64_t bits = 0;
    for (size_t number = 0; number < windows.size(); ++number) {
        Counts counts{};
        for (const uint8_t byte : windows[number]) ++counts[byte];
        int64_t squares = 0;
        for (size_t value = 0; value < num_values; ++value) {
            squares += int64_t{counts[value]} * counts[value];
            all[value] += counts[value];
        }
        const int64_t excess = (squares << 8) / static_cast<int64_t>(window_bytes) -
                               static_cast<int64_t>(window_bytes) - 255;
        const int64_t size = excess < 0 ? -excess : excess;
        if (size > unequal) bits += std::min<uint64_t>(bits_of(size - unequal), 8 * window_bytes);
    }
    return chance_of(all).promises(trifle) || bits * trifle > 8 * windows.size() * window_bytes;
}

bool pairs_shrink(const Windows& windows) {
    std::vector<uint32_t> counts(num_pairs);
    for (size_t number = 0; number < windows.size(); ++number) {
        const Bytes window = windows[number];
        for (size_t i = 1; i < window.size(); ++i) {
            ++counts[size_t{window[i - 1]} << 8 | window[i]];
        }
    }
    return chance_of(counts).promises(pairs_trifle);
}

// How often bytes differ by each value from those at a distance.
Counts differences(Bytes part, size_t lag) {
    // Two tables, so that equal values in a row do not wait for each other.
    Counts even{};
    Counts odd{};
    const size_t num_compared = part.size() - lag;
    for (size_t i = 0; i + 1 < num_compared; i += 2) {
        ++even[static_cast<uint8_t>(part[i + lag] - part[i])];
        ++odd[static_cast<uint8_t>(part[i + 1 + lag] - part[i + 1])];
    }
    if (num_compared % 2 != 0)
        ++even[static_cast<uint8_t>(part.back() - part[part.size() - 1 - lag])];
    for (size_t value = 0; value < num_values; ++value) even[value] += odd[value];
    return even;
}

// Whether bytes at some distance differ by some values more often than by others.
bool has_lag(Bytes content) {
    const size_t num_parts = std::max<size_t>(content.size() / lag_gap, 2);
    const size_t last = content.size() - std::min(content.size(), lag_bytes);
    for (size_t number = 0; number < num_parts; ++number) {
        const size_t start = last * number / (num_parts - 1);
        const Bytes part = content.subspan(start, std::min(lag_bytes, content.size() - start));
        for (size_t lag = 1; lag <= std::min(max_lag, part.size() / 2); ++lag) {
            const Chance chance = chance_of(differences(part, lag));
            if (chance.excess > lag_deviations * chance.deviation) return true;
        }
    }
    return false;
}

// Some of the strings of `content`, chosen by what is in them, not by where they are: copies have
// the same ones, at whatever distance.
std::vector<uint64_t> strings_of(Bytes content) {
    constexpr size_t read_bytes = 8;
    std::vector<uint64_t> strings;
    for (size_t i = 0; i + read_bytes <= content.size(); ++i) {
        const uint32_t start = content[i] | uint32_t{content[i + 1]} << 8;
        if ((start * string_multiplier & 0xFFFF) >= (1 << 16) / string_gap) continue;
        uint64_t string = 0;
        for (int k = string_bytes; k-- > 0;)
            string = string << 8 | content[i + static_cast<size_t>(k)];
        strings.push_back(string);
    }
    return strings;
}

// Whether enough strings of `content` were in it, or in `before`, already.
bool comes_again(Bytes content, Bytes before) {
    std::vector<uint64_t> known = strings_of(before);
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    const std::vector<uint64_t> strings = strings_of(content);
    known.insert(known.end(), strings.begin(), strings.end());
    std::sort(known.begin(), known.end());
    uint64_t num_again = 0;
    for (size_t i = 1; i < known.size(); ++i) num_again += known[i] == known[i - 1] ? 1 : 0;
    return num_again * string_gap * trifle > content.size();
}

}  // namespace

bool is_dense(Bytes content, Bytes before) {
    if (content.size() < min_dense_bytes) return false;
    const Windows windows(content);
    if (bytes_shrink(windows) || pairs_shrink(windows)) return false;
    return !has_lag(content) && !comes_again(content, before);
}

}  // namespace neurocomp::content
