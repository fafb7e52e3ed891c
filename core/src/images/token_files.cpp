#include "images/token_files.hpp"

#include "base/constants.hpp"
#include "base/crc32.hpp"
#include "base/damage.hpp"
#include "base/integers.hpp"
#include "base/little_endian.hpp"

namespace neurocomp::images {

namespace {

constexpr size_t min_codes = 2;

void put_varint(std::vector<uint8_t>& out, size_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
    out.push_back(static_cast<uint8_t>(value));
}

size_t varint_bytes(size_t value) {
    return static_cast<size_t>(larger(bit_length(value) + 6, 7) / 7);
}

// Codes of so many bits, most significant first; zero bits fill the last byte.
void put_codes(std::vector<uint8_t>& out, std::span<const uint16_t> codes, int num_bits) {
    uint32_t kept = 0;
    int num_kept = 0;
    for (const uint16_t code : codes) {
        kept = kept << num_bits | code;
        num_kept += num_bits;
        for (; num_kept >= 8; num_kept -= 8) {
            out.push_back(static_cast<uint8_t>(kept >> (num_kept - 8)));
        }
        kept &= (uint32_t{1} << num_kept) - 1;
    }
    if (num_kept > 0) out.push_back(static_cast<uint8_t>(kept << (8 - num_kept)));
}

}  // namespace

std::vector<uint8_t> write_token_file(const RecordShape& shape, const Records& records,
                                      std::span<const std::string> captions,
                                      const Autoencoder& autoencoder, size_t most) {
    const bool has_images = records.kind != Kind::captions;
    const size_t num_items =
        has_images ? records.codes.size() / shape.num_latents() : captions.size();
    if (num_items == 0 || num_items > format::max_token_items ||
        (has_images && shape.num_codes < min_codes)) {
        throw DamagedPayload("the symbols are not those of a token file");
    }
    const int num_bits = bit_length(shape.num_codes - 1);
    size_t size = format::token_magic.size() + 1 + varint_bytes(num_items) + format::checksum_bytes;
    if (has_images) {
        size += varint_bytes(shape.rows) + varint_bytes(shape.columns) +
                varint_bytes(shape.num_codes) + autoencoder.size() +
                (records.codes.size() * static_cast<size_t>(num_bits) + 7) / 8;
    }
    for (const std::string& one : captions) size += varint_bytes(one.size()) + one.size();
    if (size > most) throw DamagedPayload("the token file is larger than a block");

    std::vector<uint8_t> out(format::token_magic.begin(), format::token_magic.end());
    out.reserve(size);
    out.push_back(static_cast<uint8_t>((captions.empty() ? 0 : format::token_captions) |
                                       (has_images ? format::token_grids : 0)));
    put_varint(out, num_items);
    if (has_images) {
        for (const size_t one : {shape.rows, shape.columns, shape.num_codes}) put_varint(out, one);
        out.insert(out.end(), autoencoder.begin(), autoencoder.end());
    }
    for (const std::string& one : captions) {
        put_varint(out, one.size());
        out.insert(out.end(), one.begin(), one.end());
    }
    if (has_images) put_codes(out, records.codes, num_bits);
    const uint32_t checksum = crc32(out);
    out.resize(out.size() + format::checksum_bytes);
    store_little(out.data() + out.size() - format::checksum_bytes, checksum);
    return out;
}

}  // namespace neurocomp::images
