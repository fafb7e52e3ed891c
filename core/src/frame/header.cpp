#include "frame/header.hpp"

#include <algorithm>
#include <iterator>

namespace neurocomp::frame {

namespace {

std::vector<uint8_t> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

void read_magic(Cursor& cursor, uint64_t offset) {
    for (const uint8_t wanted : magic) {
        const unsigned found = cursor.byte();
        if (cursor.is_short()) return;
        if (found == wanted) continue;
        if (offset == 0) {
            fail(Fault::format, "not a neurocomp file: it does not start with a frame");
        }
        fail(Fault::format,
             "trailing bytes at offset " + std::to_string(offset) + " are not a neurocomp frame");
    }
}

bool read_version(Cursor& cursor) {
    const unsigned fields = cursor.byte();
    if (cursor.is_short()) return false;
    const unsigned found = fields >> version_shift;
    if (found != version) {
        fail(Fault::unsupported, "the frame has format version " + std::to_string(found) +
                                     ", this decoder reads " + std::to_string(version));
    }
    require((fields & header_reserved) == 0, Fault::unsupported,
            "the frame has unknown flags: it is damaged, or needs a newer decoder");
    return (fields & header_table) != 0;
}

void read_properties(Cursor& cursor, ModelEntry& entry) {
    const uint64_t size = cursor.varint("the properties' size", 2, max_properties_bytes);
    const size_t end = cursor.offset() + size;
    uint64_t last = 0;
    while (cursor.offset() < end && !cursor.is_short()) {
        const uint64_t id = cursor.varint("a property's id", 0, max_id);
        if (cursor.is_short()) return;
        if (id < property_parameters || id > property_dictionary) {
            fail(Fault::unsupported, "the frame needs property " + std::to_string(id) +
                                         ", which this decoder does not have");
        }
        require(id > last, Fault::format,
                "the frame's properties are not in the order of their ids");
        last = id;
        const uint64_t length = cursor.varint("a property's size", 1, max_property_bytes);
        const std::vector<uint8_t> content = copy(cursor.take(length));
        if (cursor.is_short()) return;
        switch (id) {
            case property_parameters:
                entry.parameters = content;
                break;
            case property_environment:
                entry.environment = content;
                break;
            default:
                require(length == dictionary_hash_bytes, Fault::format,
                        "the dictionary's hash has not 8 bytes");
                entry.dictionary = content;
        }
    }
    require(cursor.is_short() || cursor.offset() == end, Fault::format,
            "the frame's properties don't have the size that it records");
}

ModelEntry read_entry(Cursor& cursor) {
    ModelEntry entry;
    const uint64_t head =
        cursor.varint("a model's id", 0, uint64_t{max_family} << head_family_shift | 7);
    entry.family = static_cast<uint32_t>(head >> head_family_shift);
    if ((head & head_symbols_and_coder) != 0) {
        const unsigned both = cursor.byte();
        require(cursor.is_short() || both != 0, Fault::format,
                "the frame names symbols and a coder that it should leave out");
        entry.symbols = both >> 4;
        entry.coder = both & 15;
    }
    entry.revision = cursor.byte();
    const uint64_t whole = entry.family == family_language ? language_hash_bytes : long_hash_bytes;
    entry.hash = copy(cursor.take((head & head_long_hash) != 0 ? whole : short_hash_bytes));
    if ((head & head_properties) != 0) read_properties(cursor, entry);
    return entry;
}

}  // namespace

std::optional<Header> read_header(Cursor& cursor, uint64_t offset) {
    read_magic(cursor, offset);
    const bool has_table = read_version(cursor);
    const uint64_t count =
        has_table ? cursor.varint("the number of models", 2, max_models) : uint64_t{1};
    Header header;
    while (header.models.size() < count && !cursor.is_short()) {
        header.models.push_back(read_entry(cursor));
    }
    if (cursor.is_short()) return std::nullopt;
    for (auto one = header.models.begin(); one != header.models.end(); ++one) {
        require(std::find(std::next(one), header.models.end(), *one) == header.models.end(),
                Fault::format, "the frame names a model twice");
    }
    return header;
}

}  // namespace neurocomp::frame
