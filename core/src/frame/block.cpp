#include "frame/block.hpp"

#include <algorithm>
#include <iterator>

namespace neurocomp::frame {

namespace {

void read_symbols(Cursor& cursor, const ModelEntry& model, bool line_ends, BlockHead& head) {
    if (model.symbols != symbols_bytes) {
        const uint64_t most =
            model.symbols == symbols_tokens ? max_block_bytes : head.decoded_bytes;
        head.num_symbols = cursor.varint("the number of symbols", 1, most);
    } else if (line_ends) {
        // Two bytes, CR LF, become one at most.
        head.num_symbols -= cursor.varint("the bytes saved", 1, head.decoded_bytes / 2);
    }
}

void read_segment(Cursor& cursor, const Header& header, BlockHead& head) {
    head.model = cursor.varint("the segment's model", 0, header.models.size() - 1);
    const uint64_t count = cursor.varint("the number of transforms", 0, max_transforms);
    for (uint64_t i = 0; i < count && !cursor.is_short(); ++i) {
        const uint64_t id = cursor.varint("a transform's id", 0, max_id);
        const size_t size = cursor.varint("a transform's size", 0, max_property_bytes);
        cursor.take(size);
        head.transforms.push_back({id, size});
    }
    head.num_symbols = cursor.varint("the number of symbols", 1, max_block_bytes);
}

void put_varint(std::vector<uint8_t>& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
    out.push_back(static_cast<uint8_t>(value));
}

void put_word(std::vector<uint8_t>& out, uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

}  // namespace

std::optional<BlockHead> read_block_head(Cursor& cursor, const Header& header) {
    BlockHead head;
    const unsigned tag = cursor.byte();
    head.is_last = (tag & tag_last) != 0;
    head.has_trailer = (tag & tag_trailer) != 0;
    head.method = tag >> tag_method_shift & tag_method_mask;
    head.variant = tag >> tag_variant_shift & tag_variant_mask;
    const bool line_ends = (tag & tag_line_ends) != 0;
    const bool has_lanes = (tag & tag_lanes) != 0;
    require(head.method <= method_segment, Fault::unsupported,
            "a block has an unknown method: it is damaged, or needs a newer decoder");
    require(head.is_last || !head.has_trailer, Fault::format,
            "a block that is not the last announces the trailer");
    const bool is_stored = head.method == method_stored;
    require(!is_stored || (head.variant == 0 && !line_ends && !has_lanes), Fault::format,
            "a stored block has a model variant, line ends to be restored, or lanes");
    require(head.method == method_modelled || !line_ends, Fault::format,
            "a segment has line ends as a transform, not in its tag");
    head.decoded_bytes =
        cursor.varint("the block's size", is_stored && head.is_last ? 0 : 1, max_block_bytes);
    head.num_symbols = head.payload_bytes = head.decoded_bytes;
    if (cursor.is_short()) return std::nullopt;
    if (!is_stored) {
        if (head.method == method_segment) {
            read_segment(cursor, header, head);
        } else {
            if (line_ends) head.transforms.push_back({transform_line_ends, 0});
            read_symbols(cursor, header.models[0], line_ends, head);
        }
        if (cursor.is_short()) return std::nullopt;
        if (has_lanes) {
            head.num_lanes = cursor.varint("the number of lanes", 2,
                                           std::min<uint64_t>(max_lanes, head.num_symbols));
        }
        head.payload_bytes = cursor.varint("the payload's size", 0, head.decoded_bytes - 1);
    }
    head.content_checksum = cursor.word();
    if (cursor.is_short()) return std::nullopt;
    return head;
}

void check_transforms(const BlockHead& head) {
    for (const Transform& one : head.transforms) {
        if (one.id != transform_line_ends) {
            fail(Fault::unsupported, "a block needs transform " + std::to_string(one.id) +
                                         ", which this decoder does not have");
        }
        require(one.properties_bytes == 0, Fault::format, "line ends have no properties");
    }
    // Each application makes the content shorter, and the second would undo the first.
    require(head.transforms.size() <= 1, Fault::format, "line ends are rewritten twice");
    require(head.method != method_segment || head.model != 0, Fault::format,
            "a segment says what a modelled block could say");
}

void Chain::add(const BlockHead& head, size_t stored_bytes) {
    if (sizes_.size() == max_blocks) {
        fail(Fault::format, "the frame has more than " + std::to_string(max_blocks) + " blocks");
    }
    require(sizes_.empty() || head.decoded_bytes > 0, Fault::format,
            "an empty block comes after others");
    sizes_.emplace_back(static_cast<uint32_t>(stored_bytes),
                        static_cast<uint32_t>(head.decoded_bytes));
    content_checksum_ =
        join_checksums(content_checksum_, head.content_checksum, head.decoded_bytes);
}

std::vector<uint8_t> Chain::trailer() const {
    std::vector<uint8_t> out;
    put_varint(out, header_bytes_);
    put_varint(out, sizes_.size());
    for (const auto& [stored, decoded] : sizes_) {
        put_varint(out, stored);
        put_varint(out, decoded);
    }
    put_word(out, content_checksum_);
    put_word(out, crc32(out));
    put_word(out, static_cast<uint32_t>(out.size() + 4 + std::size(end_magic)));
    out.insert(out.end(), std::begin(end_magic), std::end(end_magic));
    return out;
}

}  // namespace neurocomp::frame
