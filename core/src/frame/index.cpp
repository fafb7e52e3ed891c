#include "frame/index.hpp"

#include <algorithm>

#include "frame/block.hpp"

namespace neurocomp::frame {

namespace {

// What is left of a file; throws Error where that is less than is asked for.
class Rest {
   public:
    explicit Rest(Bytes file) : file_(file), num_bytes_(file.size()) {}

    bool is_empty() const { return file_.empty(); }
    uint64_t offset() const { return num_bytes_ - file_.size(); }
    Bytes take(uint64_t count) {
        if (count > file_.size()) fail_within_frame();
        const Bytes taken = file_.first(static_cast<size_t>(count));
        file_ = file_.subspan(taken.size());
        return taken;
    }
    // Reads a unit by `read`, which takes a cursor; sets `size` to the bytes that it had.
    template <typename Read>
    auto take_unit(Read read, size_t& size) {
        Cursor cursor(file_);
        auto unit = read(cursor);
        if (!unit) fail_within_frame();
        size = cursor.offset();
        take(size);
        return *unit;
    }

   private:
    [[noreturn]] void fail_within_frame() const {
        fail(Fault::truncated,
             "the file ends within a frame, at offset " + std::to_string(num_bytes_));
    }

    Bytes file_;
    uint64_t num_bytes_;
};

uint64_t content_bytes_of_frame(Rest& rest) {
    size_t size = 0;
    const Header header =
        rest.take_unit([&](Cursor& cursor) { return read_header(cursor, rest.offset()); }, size);
    Chain chain(size);
    uint64_t content_bytes = 0;
    for (;;) {
        const BlockHead head =
            rest.take_unit([&](Cursor& cursor) { return read_block_head(cursor, header); }, size);
        chain.add(head, size + head.payload_bytes + checksum_bytes);
        rest.take(head.payload_bytes + checksum_bytes);
        content_bytes += head.decoded_bytes;
        if (!head.is_last) continue;
        if (head.has_trailer) {
            const std::vector<uint8_t> wanted = chain.trailer();
            const Bytes found = rest.take(wanted.size());
            require(std::equal(found.begin(), found.end(), wanted.begin()), Fault::checksum,
                    "the frame's index does not fit its blocks");
        }
        return content_bytes;
    }
}

}  // namespace

uint64_t content_bytes_of(Bytes file) {
    Rest rest(file);
    require(!rest.is_empty(), Fault::format, "not a neurocomp file: it is empty");
    uint64_t content_bytes = 0;
    while (!rest.is_empty()) content_bytes += content_bytes_of_frame(rest);
    return content_bytes;
}

}  // namespace neurocomp::frame
