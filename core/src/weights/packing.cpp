#include "weights/packing.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/integers.hpp"
#include "base/little_endian.hpp"
#include "coding/rans.hpp"
#include "weights/varints.hpp"

namespace neurocomp::weights {

namespace {

constexpr int64_t max_packed = int64_t{1} << 59;
constexpr size_t max_names = 256;  // of intervals and of groups
constexpr int every_bit = 64;      // as leading bits: intervals of one integer each
constexpr int min_table_bits = 10;
// What is quicker to unpack is taken where it costs little more: larger groups, which are fewer, and
// intervals of one integer, which leave no rests: a 128th more, and a 256th.
constexpr uint64_t larger_groups = 128;
constexpr uint64_t without_rests = 257;
constexpr uint64_t bit_parts = 1 << 12;
constexpr uint64_t head_bits = 8 * 3;  // of each interval and each group

// 2**bits integers from `low`, which tell their magnitude's leading bits.
struct Interval {
    int64_t low;
    int bits;
};

Interval interval_of(int64_t value, int leading_bits) {
    const uint64_t magnitude =
        value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    const int bits = larger(bit_length(magnitude) - leading_bits, 0);
    const auto least = static_cast<int64_t>(magnitude >> bits << bits);
    return {value < 0 ? -(least + (int64_t{1} << bits) - 1) : least, bits};
}

struct Count {
    int bits = 0;
    uint64_t count = 0;
};

// What integers, or their differences, are cut into.
struct Cut {
    size_t distance = 0;
    int leading_bits = 0;
    std::map<int64_t, Count> intervals;  // by their low end
    uint64_t size = 0;                   // in parts of a bit, estimated
};

// The integers, less those `distance` places before.
class Values {
   public:
    Values(const Elements& elements, size_t distance) : elements_(elements), distance_(distance) {}

    int64_t operator[](size_t i) const {
        const uint64_t before = distance_ > 0 && i >= distance_ ? elements_.at(i - distance_) : 0;
        return static_cast<int64_t>(elements_.at(i) - before);
    }

   private:
    const Elements& elements_;
    size_t distance_;
};

// Logarithm to base 2 in units of 1 / bit_parts, a digit for each squaring; value >= 1.
uint64_t logarithm(uint64_t value) {
    const int whole = bit_length(value) - 1;
    uint64_t mantissa = whole > 31 ? value >> (whole - 31) : value << (31 - whole);  // below 2**32
    auto digits = static_cast<uint64_t>(whole);
    for (uint64_t part = 1; part < bit_parts; part *= 2) {
        mantissa = (mantissa * mantissa) >> 31;
        const uint64_t digit = mantissa >> 32;
        mantissa >>= digit;
        digits = 2 * digits + digit;
    }
    return digits;
}

// Of so many elements among a total.
uint64_t code_length(uint64_t count, uint64_t total) {
    return count * (logarithm(total) - logarithm(count));
}

// Nothing where there are too many intervals.
std::optional<Cut> cut(const Elements& elements, size_t distance, int leading_bits) {
    Cut result{distance, leading_bits, {}, 0};
    std::unordered_map<int64_t, Count> found;
    const Values values(elements, distance);
    for (size_t i = 0; i < elements.size(); ++i) {
        const Interval interval = interval_of(values[i], leading_bits);
        // That of the least integer may reach beyond its type, which a reader refuses.
        if (distance == 0 && interval.low < range_of(elements.type).first) return std::nullopt;
        Count& count = found[interval.low];
        count.bits = interval.bits;
        ++count.count;
        if (found.size() > max_names) return std::nullopt;
    }
    result.intervals.insert(found.begin(), found.end());
    for (const auto& [low, one] : result.intervals) {
        result.size += code_length(one.count, elements.size());
        result.size += static_cast<uint64_t>(one.bits) * one.count * bit_parts;
        result.size += head_bits * bit_parts;
    }
    return result;
}

std::optional<Cut> best_cut(const Elements& elements) {
    std::optional<Cut> best;
    for (const size_t distance : {size_t{0}, size_t{1}, elements.row_width}) {
        if (distance >= elements.size()) continue;
        for (const int leading_bits : {every_bit, 5, 4, 3, 2, 1}) {
            std::optional<Cut> one = cut(elements, distance, leading_bits);
            if (one && leading_bits == every_bit) one->size -= one->size / without_rests;
            if (one && (!best || one->size < best->size)) best = std::move(one);
        }
    }
    return best;
}

// Groups of so many elements, by number, and what they cost.
struct Grouping {
    size_t group_size = 0;
    std::vector<uint8_t> names;  // of each row's groups
    std::vector<uint64_t> numbers;
    std::vector<uint32_t> frequencies;
    int table_bits = 0;
    uint64_t size = 0;  // in parts of a bit
};

std::optional<Grouping> group(const std::vector<uint8_t>& which, const Elements& elements,
                              size_t num_intervals, uint8_t padding, size_t group_size) {
    Grouping result;
    result.group_size = group_size;
    std::unordered_map<uint64_t, uint64_t> counts;
    std::vector<uint64_t> sequence;
    const size_t width = elements.row_width;
    for (size_t row = 0; row < elements.num_rows; ++row) {
        for (size_t first = 0; first < width; first += group_size) {
            uint64_t number = 0;
            for (size_t k = first; k < first + group_size; ++k) {
                number = number * num_intervals + (k < width ? which[row * width + k] : padding);
            }
            ++counts[number];
            if (counts.size() > max_names) return std::nullopt;
            sequence.push_back(number);
        }
    }
    std::vector<std::pair<uint64_t, uint64_t>> sorted(counts.begin(), counts.end());
    std::sort(sorted.begin(), sorted.end());
    std::unordered_map<uint64_t, uint8_t> names;
    std::vector<uint64_t> occurrences;
    for (const auto& [number, count] : sorted) {
        names[number] = static_cast<uint8_t>(result.numbers.size());
        result.numbers.push_back(number);
        occurrences.push_back(count);
    }
    for (const uint64_t number : sequence) result.names.push_back(names[number]);
    result.table_bits =
        std::clamp(bit_length(sequence.size()) + 1, min_table_bits, coding::max_rans_bits);
    if (occurrences.size() < 2) return result;
    result.frequencies = coding::rans_frequencies(occurrences, result.table_bits);
    result.size = 8 * 4 * coding::rans_states * bit_parts;
    for (size_t i = 0; i < occurrences.size(); ++i) {
        result.size += head_bits * bit_parts;
        result.size += occurrences[i] * (static_cast<uint64_t>(result.table_bits) * bit_parts -
                                         logarithm(result.frequencies[i]));
    }
    return result;
}

// Writes numbers of so many bits, each beginning at its least significant one.
class BitWriter {
   public:
    explicit BitWriter(std::vector<uint8_t>& out) : out_(out) {}

    void put(uint64_t value, int bits) {
        for (int done = 0; done < bits; ++done, value >>= 1) {
            if (num_bits_++ % 8 == 0) out_.push_back(0);
            out_.back() |= static_cast<uint8_t>((value & 1) << ((num_bits_ - 1) % 8));
        }
    }

   private:
    std::vector<uint8_t>& out_;
    size_t num_bits_ = 0;
};

uint64_t fold(int64_t value) {
    return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

std::vector<uint8_t> write(const Elements& elements, const Cut& cut, const Grouping& grouping) {
    std::vector<uint8_t> out;
    put_varint(out, cut.distance);
    put_varint(out, grouping.group_size);
    put_varint(out, cut.intervals.size());
    int64_t end = 0;
    for (const auto& [low, one] : cut.intervals) {
        const bool is_first = low == cut.intervals.begin()->first;
        put_varint(out, is_first ? fold(low) : static_cast<uint64_t>(low - end));
        put_varint(out, static_cast<uint64_t>(one.bits));
        // NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift): a value has less than 60 bits
        end = low + (int64_t{1} << one.bits);
    }
    put_varint(out, grouping.numbers.size());
    uint64_t next = 0;
    for (const uint64_t number : grouping.numbers) {
        put_varint(out, number - next);
        next = number + 1;
    }
    if (grouping.numbers.size() > 1) {
        put_varint(out, static_cast<uint64_t>(grouping.table_bits));
        for (const uint32_t frequency : grouping.frequencies) put_varint(out, frequency);
        const coding::RansTable table(grouping.frequencies, grouping.table_bits);
        const std::vector<uint8_t> coded = table.encode(grouping.names);
        put_varint(out, coded.size());
        out.insert(out.end(), coded.begin(), coded.end());
    }
    BitWriter rests(out);
    const Values values(elements, cut.distance);
    for (size_t i = 0; i < elements.size(); ++i) {
        const int64_t value = values[i];
        const Interval interval = interval_of(value, cut.leading_bits);
        rests.put(static_cast<uint64_t>(value - interval.low), interval.bits);
    }
    return out;
}

bool is_packable(const Elements& elements) {
    for (size_t i = 0; i < elements.size(); ++i) {
        const auto value = static_cast<int64_t>(elements.at(i));
        const bool is_huge = !is_signed(elements.type) && value < 0;
        if (is_huge || value <= -max_packed || value >= max_packed) return false;
    }
    return elements.size() > 0;
}

}  // namespace

uint64_t Elements::at(size_t index) const {
    const uint8_t* const from = data + index * item_bytes(type);
    const auto load = [from](auto value) {
        value = load_little<decltype(value)>(from);
        return static_cast<uint64_t>(static_cast<int64_t>(value));
    };
    switch (type) {
        case Type::int8:
            return load(int8_t{});
        case Type::int16:
            return load(int16_t{});
        case Type::int32:
            return load(int32_t{});
        case Type::uint8:
            return load(uint8_t{});
        case Type::uint16:
            return load(uint16_t{});
        case Type::uint32:
            return load(uint32_t{});
        default:
            return load(int64_t{});
    }
}

std::optional<std::vector<uint8_t>> pack(const Elements& elements) {
    if (!is_packable(elements)) return std::nullopt;
    const std::optional<Cut> found = best_cut(elements);
    if (!found) return std::nullopt;
    std::vector<int64_t> lows;
    uint64_t most = 0;
    uint8_t padding = 0;  // what is most frequent
    for (const auto& [low, one] : found->intervals) {
        if (one.count > most) {
            most = one.count;
            padding = static_cast<uint8_t>(lows.size());
        }
        lows.push_back(low);
    }
    std::vector<uint8_t> which(elements.size());
    const Values values(elements, found->distance);
    for (size_t i = 0; i < elements.size(); ++i) {
        const int64_t low = interval_of(values[i], found->leading_bits).low;
        const auto place = std::lower_bound(lows.begin(), lows.end(), low);
        which[i] = static_cast<uint8_t>(place - lows.begin());
    }
    std::optional<Grouping> best;
    for (size_t group_size = 1; group_size <= max_group; ++group_size) {
        std::optional<Grouping> one = group(which, elements, lows.size(), padding, group_size);
        if (one && (!best || one->size <= best->size + best->size / larger_groups))
            best = std::move(one);
    }
    if (!best) return std::nullopt;
    return write(elements, *found, *best);
}

}  // namespace neurocomp::weights
