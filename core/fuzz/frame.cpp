// Files: any bytes, and frames whose checksums are made right again after they were changed.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/constants.hpp"
#include "base/crc32.hpp"
#include "input.hpp"
#include "neurocomp.h"

namespace {

// What a unit may cost grows with its content, and more would take seconds under the sanitizers: the
// primer, for one, is kept for small blocks only.  Seeds have no more: tests/decoder/seeds.py.
constexpr uint64_t max_content_bytes = 1 << 12;

ncmp_models* all_models() {
    static ncmp_models* const models = [] {
        ncmp_models* made = nullptr;
        if (ncmp_models_create(&made) != NCMP_OK) std::abort();
        if (ncmp_models_add_folder(made, FUZZED_MODELS) != NCMP_OK) std::abort();
        return made;
    }();
    return models;
}

// Decodes in steps; returns the bytes that came out before an error, and sets whether there was one.
std::vector<uint8_t> decode(const uint8_t* data, size_t size, size_t step, unsigned num_threads,
                            bool& is_refused) {
    std::vector<uint8_t> content;
    ncmp_decoder* decoder = nullptr;
    if (ncmp_decoder_create(&decoder, all_models()) != NCMP_OK) std::abort();
    if (ncmp_decoder_set_threads(decoder, num_threads) != NCMP_OK) std::abort();
    ncmp_decoder_set_limit(decoder, NCMP_LIMIT_CONTENT, max_content_bytes);
    ncmp_status status = NCMP_OK;
    // At the end there is no input, which waits for the threads.
    for (size_t at = 0; at < size + step && status == NCMP_OK; at += step) {
        const size_t left = at < size ? size - at : 0;
        ncmp_input input = {data + (at < size ? at : size), left < step ? left : step, 0};
        uint8_t room[1000];
        ncmp_output output;
        do {
            output = {room, sizeof room, 0};
            status = ncmp_decoder_run(decoder, &input, &output);
            content.insert(content.end(), room, room + output.pos);
        } while (status == NCMP_OK && output.pos == output.size);
    }
    if (status == NCMP_OK) status = ncmp_decoder_finish(decoder);
    if (status == NCMP_ERROR_INTERNAL || status == NCMP_ERROR_USAGE) std::abort();
    is_refused = status != NCMP_OK;
    ncmp_decoder_free(decoder);
    return content;
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 4 == 0 || size < neurocomp::format::checksum_bytes) return size;
    const size_t end = size - neurocomp::format::checksum_bytes;
    const uint32_t checksum = neurocomp::crc32({data, end});
    for (size_t i = 0; i < neurocomp::format::checksum_bytes; ++i) {
        data[end + i] = static_cast<uint8_t>(checksum >> (8 * i));
    }
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    bool is_refused = false;
    const std::vector<uint8_t> whole = decode(data, size, size, 1, is_refused);
    bool is_refused_in_steps = false;
    if (decode(data, size, 13, 2, is_refused_in_steps) != whole) std::abort();
    if (is_refused != is_refused_in_steps) std::abort();
    uint64_t content_bytes = 0;
    const ncmp_status status = ncmp_content_size(&content_bytes, data, size);
    if (!is_refused && (status != NCMP_OK || content_bytes != whole.size())) std::abort();
    return 0;
}
