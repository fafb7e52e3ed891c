#include "decoder/stream.hpp"

#include <algorithm>
#include <utility>

#include "decoder/payloads.hpp"

namespace neurocomp::decoder {

using namespace frame;

namespace {

uint32_t word_at(const uint8_t* bytes) {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= uint32_t{bytes[i]} << (8 * i);
    return value;
}

}  // namespace

void Stream::give(std::span<uint8_t>& output) {
    const size_t count = std::min(content_.size() - given_, output.size());
    std::copy_n(content_.data() + given_, count, output.data());
    output = output.subspan(count);
    given_ += count;
}

void Stream::run(Bytes& input, std::span<uint8_t>& output) {
    const bool is_to_wait = input.empty();
    for (;;) {
        give(output);
        if (given_ < content_.size()) return;
        content_ = {};
        given_ = 0;
        const bool is_full = has_failed_ || pending_.size() >= workers_.num_threads();
        if (!pending_.empty() && (is_full || is_to_wait)) {
            content_ = pending_.front().get();
            pending_.pop_front();
            continue;
        }
        if (!gather(input)) return;
        try {
            take_unit();
        } catch (...) {
            if (pending_.empty()) throw;
            // What came before it is given out first.
            std::promise<Content> failure;
            failure.set_exception(std::current_exception());
            pending_.push_back(failure.get_future());
            has_failed_ = true;
        }
    }
}

void Stream::finish() const {
    if (part_ != Part::header || !unit_.empty()) {
        fail(Fault::truncated,
             "the file ends within a frame, at offset " + std::to_string(offset_ + unit_.size()));
    }
    require(offset_ > 0, Fault::format, "not a neurocomp file: it is empty");
}

// Returns whether the unit has the bytes that it needs.
bool Stream::gather(Bytes& input) {
    const size_t count = std::min(needed_ - unit_.size(), input.size());
    unit_.insert(unit_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
    input = input.subspan(count);
    return unit_.size() == needed_;
}

void Stream::take_unit() {
    switch (part_) {
        case Part::header:
            take_header();
            break;
        case Part::head:
            take_head();
            break;
        case Part::body:
            take_body();
            break;
        case Part::trailer:
            take_trailer();
            break;
    }
}

void Stream::expect(Part part, size_t num_bytes) {
    offset_ += unit_.size();
    unit_.clear();
    part_ = part;
    needed_ = num_bytes;
}

void Stream::take_header() {
    Cursor cursor(unit_);
    std::optional<Header> header = read_header(cursor, offset_);
    if (!header) {
        needed_ = cursor.needed();
        return;
    }
    header_ = std::make_shared<const Header>(std::move(*header));
    header_checksum_ = crc32(unit_);
    chain_ = frame::Chain(unit_.size());
    is_first_block_ = true;
    expect(Part::head, 1);
}

void Stream::take_head() {
    Cursor cursor(unit_);
    std::optional<BlockHead> head = read_block_head(cursor, *header_);
    if (!head) {
        needed_ = cursor.needed();
        return;
    }
    head_ = std::move(*head);
    chain_.add(head_, unit_.size() + head_.payload_bytes + checksum_bytes);
    content_bytes_ += head_.decoded_bytes;
    if (content_bytes_ > limits_.content_bytes) {
        fail(Fault::size_limit, "the content has " + std::to_string(content_bytes_) +
                                    " bytes or more, allowed are " +
                                    std::to_string(limits_.content_bytes));
    }
    // A vector doubles as it grows.
    MemoryBudget(limits_.memory_bytes).take(3 * uint64_t{head_.payload_bytes});
    head_checksum_ = crc32(unit_, header_checksum_);
    expect(Part::body, head_.payload_bytes + checksum_bytes);
}

void Stream::take_body() {
    const Bytes payload = Bytes(unit_).first(head_.payload_bytes);
    if (crc32(payload, head_checksum_) != word_at(unit_.data() + payload.size())) {
        fail(Fault::checksum, "the block that ends at offset " +
                                  std::to_string(offset_ + payload.size()) +
                                  " is damaged (stored checksum)");
    }
    is_only_block_ = is_first_block_ && head_.is_last;
    if (is_first_block_) check_models(*header_, models_);
    is_first_block_ = false;
    const size_t unit_bytes = unit_.size();
    if (head_.method == method_stored) {
        require(crc32(payload) == head_.content_checksum, Fault::checksum,
                "the stored bytes don't have the recorded checksum");
        unit_.resize(head_.payload_bytes);
        if (pending_.empty()) {
            content_ = std::move(unit_);
        } else {
            std::promise<Content> stored;
            stored.set_value(std::move(unit_));
            pending_.push_back(stored.get_future());
        }
    } else {
        decode(std::move(unit_));
    }
    unit_ = {};
    offset_ += unit_bytes;
    if (!head_.is_last) {
        expect(Part::head, 1);
    } else if (head_.has_trailer) {
        trailer_ = chain_.trailer();
        expect(Part::trailer, trailer_.size());
    } else {
        expect(Part::header, 1);
    }
}

// Whether blocks are decoded side by side: where their frame has several, and memory has no limit.
bool Stream::are_side_by_side() const {
    const bool is_only_one = is_only_block_ && pending_.empty();
    return workers_.num_threads() > 1 && limits_.memory_bytes == Limits::none && !is_only_one;
}

// Decodes the block of a unit, now or in a thread.
void Stream::decode(std::vector<uint8_t> unit) {
    const bool is_alone = !are_side_by_side();
    auto job = [this, is_alone, header = header_, head = head_, unit = std::move(unit)] {
        return decode_block(head, *header, Bytes(unit).first(head.payload_bytes), models_,
                            MemoryBudget(limits_.memory_bytes, unit.capacity()),
                            Crew{workers_, is_alone});
    };
    if (is_alone) {
        content_ = job();
        return;
    }
    auto task = std::make_shared<std::packaged_task<Content()>>(std::move(job));
    pending_.push_back(task->get_future());
    workers_.submit([task] { (*task)(); });
}

void Stream::take_trailer() {
    require(unit_ == trailer_, Fault::checksum,
            "the frame's index does not fit its blocks: it is damaged, or blocks are missing, "
            "doubled or exchanged");
    expect(Part::header, 1);
}

}  // namespace neurocomp::decoder
