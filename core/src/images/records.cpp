#include "images/records.hpp"

#include <algorithm>
#include <utility>

#include "base/damage.hpp"
#include "base/integers.hpp"

namespace neurocomp::images {

namespace {

constexpr size_t records_per_lane = 8;  // at least, where there is more than one lane
constexpr size_t max_digits = 5;
constexpr int32_t base = 16;
constexpr size_t first_digit = head_symbols - max_digits;

void require(bool condition, const char* what) {
    if (!condition) throw DamagedPayload(what);
}

void require_records(bool condition) {
    require(condition, "the symbols are not those of token records");
}

// Slots of a stream.
class Slots {
   public:
    Slots(const RecordShape& shape, std::span<const uint32_t> symbols)
        : symbols_(symbols), num_lanes_(shape.num_lanes(symbols.size())) {
        require_records(symbols.size() % num_lanes_ == 0 &&
                        symbols.size() >= num_lanes_ * head_symbols);
        lane_symbols_ = symbols.size() / num_lanes_;
    }

    std::span<const uint32_t> lane(size_t number) const {
        return symbols_.subspan(number * lane_symbols_, lane_symbols_);
    }
    size_t num_lanes() const { return num_lanes_; }
    size_t lane_symbols() const { return lane_symbols_; }
    // The record in a lane's slot of that depth.
    std::span<const uint32_t> record(size_t number, size_t depth, size_t size) const {
        return lane(number).subspan(head_symbols + depth * size, size);
    }

   private:
    std::span<const uint32_t> symbols_;
    size_t num_lanes_;
    size_t lane_symbols_ = 0;
};

// Takes records one after the other.
class Reader {
   public:
    Reader(const RecordShape& shape, Kind kind)
        : shape_(shape), width_(shape.text_symbols(kind)), records_{kind, {}, {}} {}

    void take(std::span<const uint32_t> record) {
        const bool is_first = !is_within_caption_;
        if (width_ > 0) take_text(record.first(width_));
        for (const uint32_t symbol : record.subspan(width_)) {
            const auto code = static_cast<int32_t>(symbol);
            if (!is_first) {
                require(code == shape_.end(), "the rest of a caption has an image");
                continue;
            }
            require(shape_.is_code(code), "a code of an image is out of range");
            records_.codes.push_back(static_cast<uint16_t>(code - shape_.first_code()));
        }
    }
    Records finish() {
        require(!is_within_caption_, "the last caption doesn't end");
        return std::move(records_);
    }

   private:
    // Tokens of a caption, which goes on where they fill the record.
    void take_text(std::span<const uint32_t> text) {
        const auto pad = static_cast<uint32_t>(shape_.pad());
        const auto length = static_cast<size_t>(static_cast<std::ptrdiff_t>(text.size()) -
                                                std::count(text.begin(), text.end(), pad));
        if (!is_within_caption_) records_.captions.emplace_back();
        for (const uint32_t token : text.first(length)) {
            require(token < pad, "a caption's record is damaged");
            records_.captions.back().push_back(static_cast<int32_t>(token));
        }
        is_within_caption_ = length == text.size();
    }

    const RecordShape& shape_;
    size_t width_;
    bool is_within_caption_ = false;
    Records records_;
};

}  // namespace

size_t RecordShape::num_lanes(size_t num_symbols) const {
    const size_t least = records_per_lane * (head_symbols + text_length + num_latents());
    const size_t fitting = larger(num_symbols / least, size_t{1});
    return smaller(size_t{1} << (bit_length(fitting) - 1), size_t{format::max_record_lanes});
}

int32_t head_choices(std::span<const int32_t> before, size_t num_lanes) {
    switch (before.size()) {
        case 0:
            return 3;  // kinds
        case 1:
            return before[0] == static_cast<int32_t>(Kind::captions) ? 1 : num_dampings;
        case 2:
            return num_lanes > 1 ? static_cast<int32_t>(max_digits) + 1 : 1;
        default:
            return static_cast<int32_t>(before.size() - first_digit) < before[2] ? base : 1;
    }
}

Head read_head(std::span<const int32_t> symbols) {
    constexpr const char* what = "the head of token records is damaged";
    const int32_t kind = symbols[0], damping = symbols[1], num_digits = symbols[2];
    require(kind >= 0 && kind <= 2 && damping >= 0 && damping < num_dampings && num_digits >= 0 &&
                num_digits <= static_cast<int32_t>(max_digits),
            what);
    require(kind != static_cast<int32_t>(Kind::captions) || damping == 0, what);
    Head head = {static_cast<Kind>(kind), damping, 0};
    for (size_t place = max_digits; place-- > 0;) {
        const int32_t digit = symbols[first_digit + place];
        const bool counts = static_cast<int32_t>(place) < num_digits;
        // The last digit is not 0, and zeros follow.
        const bool is_last = static_cast<int32_t>(place) + 1 == num_digits;
        require(digit >= 0 && digit < base && (counts ? !is_last || digit > 0 : digit == 0), what);
        head.num_empty = head.num_empty * base + static_cast<size_t>(digit);
    }
    return head;
}

Records read_records(const RecordShape& shape, std::span<const uint32_t> symbols) {
    const Slots slots(shape, symbols);
    const size_t num_lanes = slots.num_lanes();
    std::array<int32_t, head_symbols> first;
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        for (size_t i = 0; i < head_symbols; ++i) {
            if (lane == 0) first[i] = static_cast<int32_t>(slots.lane(0)[i]);
            require_records(lane == 0 || slots.lane(lane)[i] == 0);
        }
    }
    const Head head = read_head(first);
    const size_t size = shape.record_symbols(head.kind);
    const size_t depth = (slots.lane_symbols() - head_symbols) / size;
    require_records((slots.lane_symbols() - head_symbols) % size == 0 &&
                    head.num_empty <= num_lanes * depth);
    Reader reader(shape, head.kind);
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        for (size_t place = 0; place < depth; ++place) {
            const std::span<const uint32_t> record = slots.record(lane, place, size);
            if (place * num_lanes + lane >= head.num_empty) {
                reader.take(record);
                continue;
            }
            const auto end = static_cast<uint32_t>(shape.end());
            require(
                std::count(record.begin(), record.end(), end) == static_cast<std::ptrdiff_t>(size),
                "an empty slot of token records is not empty");
        }
    }
    return reader.finish();
}

}  // namespace neurocomp::images
