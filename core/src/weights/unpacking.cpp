#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/little_endian.hpp"
#include "coding/rans.hpp"
#include "weights/error.hpp"
#include "weights/packing.hpp"
#include "weights/varints.hpp"

namespace neurocomp::weights {

namespace {

constexpr int max_interval_bits = 60;
constexpr int64_t max_magnitude = int64_t{1} << 60;
constexpr size_t max_names = 256;  // of intervals and of groups
constexpr int min_table_bits = 8;

// Takes numbers of so many bits, each beginning at its least significant one.
class BitReader {
   public:
    explicit BitReader(Bytes bytes) : bytes_(bytes) {}

    // bits <= 60.  Beyond the last one there are zeros.
    uint64_t take(int bits) {
        const size_t byte = place_ / 8;
        const auto inside = static_cast<int>(place_ % 8);
        place_ += static_cast<size_t>(bits);
        uint64_t value = load(byte) >> inside;
        if (bits + inside > 64) value |= load(byte + 8) << (64 - inside);
        return value & ((uint64_t{1} << bits) - 1);
    }
    bool is_spent() const { return (place_ + 7) / 8 == bytes_.size(); }

   private:
    uint64_t load(size_t byte) const {
        constexpr size_t size = sizeof(uint64_t);
        if (byte + size <= bytes_.size()) return load_little<uint64_t>(bytes_.data() + byte);
        uint8_t last[size] = {};
        if (byte < bytes_.size()) {
            std::memcpy(last, bytes_.data() + byte, bytes_.size() - byte);
        }
        return load_little<uint64_t>(last);
    }

    Bytes bytes_;
    size_t place_ = 0;  // in bits
};

// The range of a type, as far as packed integers reach.
int64_t unfold(uint64_t value) { return static_cast<int64_t>(value >> 1 ^ (0 - (value & 1))); }

// Adds to each integer the one `distance` places before.
template <typename T>
void add_up(uint8_t* elements, size_t size, size_t distance) {
    for (size_t i = distance; i < size; ++i) {
        uint8_t* const place = elements + i * sizeof(T);
        const T before = load_little<T>(place - distance * sizeof(T));
        store_little(place, static_cast<T>(load_little<T>(place) + before));
    }
}

}  // namespace

std::pair<int64_t, int64_t> range_of(Type type) {
    if (item_bytes(type) == 8) return {is_signed(type) ? -max_magnitude : 0, max_magnitude};
    const auto bits = static_cast<int>(8 * item_bytes(type));
    if (!is_signed(type)) return {0, (int64_t{1} << bits) - 1};
    return {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
}

Packed::Packed(Bytes payload, Type type, size_t num_rows, size_t row_width)
    : type_(type), num_rows_(num_rows), row_width_(row_width) {
    VarintReader reader(payload);
    distance_ = reader.take(0, num_rows * row_width);
    group_size_ = reader.take(1, max_group);
    const size_t num_intervals = reader.take(1, max_names);
    const auto [least, most] =
        distance_ > 0 ? std::pair(-2 * max_magnitude, 2 * max_magnitude) : range_of(type);
    constexpr auto widest = uint64_t{1} << 62;
    int64_t low = least;
    for (size_t i = 0; i < num_intervals; ++i) {
        low = i == 0 ? unfold(reader.take(0, widest))
                     : low + static_cast<int64_t>(reader.take(0, widest));
        const auto bits = static_cast<int>(reader.take(0, max_interval_bits));
        if (low < least || low > most || (int64_t{1} << bits) - 1 > most - low) {
            throw BadModel("packed integers are out of their type's range");
        }
        intervals_.push_back({static_cast<uint64_t>(low), bits});
        low += int64_t{1} << bits;
    }
    uint64_t num_possible = 1;
    for (size_t i = 0; i < group_size_; ++i) num_possible *= num_intervals;
    const size_t num_groups = reader.take(1, std::min(uint64_t{max_names}, num_possible));
    uint64_t next = 0;
    for (size_t i = 0; i < num_groups; ++i) {
        if (next == num_possible) throw BadModel("packed integers have groups that can't be");
        const uint64_t number = next + reader.take(0, num_possible - 1 - next);
        next = number + 1;
        auto& group = groups_.emplace_back();
        uint64_t left = number;
        for (size_t k = group_size_; k-- > 0; left /= num_intervals) {
            group[k] = static_cast<uint8_t>(left % num_intervals);
        }
    }
    if (num_groups > 1) {
        table_bits_ = static_cast<int>(reader.take(min_table_bits, coding::max_rans_bits));
        const uint64_t total = uint64_t{1} << table_bits_;
        uint64_t sum = 0;
        for (size_t i = 0; i < num_groups; ++i) {
            frequencies_.push_back(static_cast<uint32_t>(reader.take(1, total)));
            sum += frequencies_.back();
        }
        if (sum != total) throw BadModel("packed integers have no table of frequencies");
        coded_ = reader.take_bytes(reader.take(0, payload.size()));
    }
    rests_ = reader.rest();
}

bool Packed::is_narrow() const {
    const auto fits = [](const Interval& one) {
        return one.bits == 0 && one.low == static_cast<uint64_t>(static_cast<int8_t>(one.low));
    };
    return distance_ == 0 && rests_.empty() &&
           std::all_of(intervals_.begin(), intervals_.end(), fits);
}

std::array<std::array<int8_t, max_group>, 256> Packed::narrow_groups() const {
    std::array<std::array<int8_t, max_group>, 256> levels{};
    for (size_t i = 0; i < groups_.size(); ++i) {
        for (size_t k = 0; k < group_size_; ++k) {
            levels[i][k] = static_cast<int8_t>(intervals_[groups_[i][k]].low);
        }
    }
    return levels;
}

void Packed::unpack_groups(std::span<uint8_t> out) const {
    if (groups_.size() == 1) {
        std::fill(out.begin(), out.end(), uint8_t{0});
        return;
    }
    if (!coding::RansTable(frequencies_, table_bits_).decode(coded_, out)) {
        throw BadModel("packed integers are not what they are coded as");
    }
}

void Packed::unpack(uint8_t* out) const {
    switch (item_bytes(type_)) {
        case 1:
            unpack_as<uint8_t>(out);
            break;
        case 2:
            unpack_as<uint16_t>(out);
            break;
        case 4:
            unpack_as<uint32_t>(out);
            break;
        default:
            unpack_as<uint64_t>(out);
            break;
    }
}

template <typename T>
void Packed::unpack_as(uint8_t* out) const {
    std::vector<uint8_t> names(num_rows_ * groups_per_row());
    unpack_groups(names);
    std::array<std::array<T, max_group>, max_names> lows{};
    std::array<std::array<int, max_group>, max_names> bits{};
    for (size_t i = 0; i < groups_.size(); ++i) {
        for (size_t k = 0; k < group_size_; ++k) {
            const Interval& interval = intervals_[groups_[i][k]];
            lows[i][k] = static_cast<T>(interval.low);
            bits[i][k] = interval.bits;
        }
    }
    const bool with_rests = std::any_of(intervals_.begin(), intervals_.end(),
                                        [](const Interval& one) { return one.bits > 0; });
    BitReader rests(rests_);
    const uint8_t* name = names.data();
    std::vector<T> row(row_width_ + 2 * max_group);
    for (size_t r = 0; r < num_rows_; ++r) {
        // The last group may reach beyond the row.
        for (size_t place = 0; place < row_width_; place += group_size_) {
            const size_t which = *name++;
            std::memcpy(row.data() + place, lows[which].data(), sizeof lows[which]);
            if (!with_rests) continue;
            const size_t size = std::min(group_size_, row_width_ - place);
            for (size_t k = 0; k < size; ++k) {
                row[place + k] = static_cast<T>(row[place + k] + rests.take(bits[which][k]));
            }
        }
        turn_little(row.data(), row_width_);
        std::memcpy(out + r * row_width_ * sizeof(T), row.data(), row_width_ * sizeof(T));
    }
    if (!rests.is_spent()) throw BadModel("packed integers have bits too many or too few");
    if (distance_ > 0) add_up<T>(out, num_rows_ * row_width_, distance_);
}

}  // namespace neurocomp::weights
