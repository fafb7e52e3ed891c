// The C API: include/neurocomp.h.  No exception leaves it.
#include "neurocomp.h"

#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "decoder/models.hpp"
#include "decoder/stream.hpp"
#include "frame/index.hpp"

namespace {

using neurocomp::decoder::Limits;
using neurocomp::decoder::Models;
using neurocomp::decoder::Stream;
using neurocomp::frame::Bytes;
using neurocomp::frame::Error;
using neurocomp::frame::Fault;

ncmp_status status_of(Fault fault) {
    switch (fault) {
        case Fault::usage:
            return NCMP_ERROR_USAGE;
        case Fault::format:
            return NCMP_ERROR_FORMAT;
        case Fault::truncated:
            return NCMP_ERROR_TRUNCATED;
        case Fault::checksum:
            return NCMP_ERROR_CHECKSUM;
        case Fault::unsupported:
            return NCMP_ERROR_UNSUPPORTED;
        case Fault::size_limit:
            return NCMP_ERROR_SIZE_LIMIT;
        case Fault::memory_limit:
            return NCMP_ERROR_MEMORY_LIMIT;
        case Fault::model_not_found:
            return NCMP_ERROR_MODEL_NOT_FOUND;
        case Fault::model_mismatch:
            return NCMP_ERROR_MODEL_MISMATCH;
        case Fault::file:
            return NCMP_ERROR_FILE;
    }
    return NCMP_ERROR_INTERNAL;
}

// What went wrong; its text needs no memory that there might not be.
struct Failure {
    ncmp_status status = NCMP_OK;
    char message[1024] = "";

    ncmp_status set(ncmp_status what, const char* text) noexcept {
        status = what;
        const size_t length = std::strlen(text);
        const size_t kept = length < sizeof message ? length : sizeof message - 1;
        std::memcpy(message, text, kept);
        message[kept] = '\0';
        return status;
    }
};

// Calls `act` and turns what it throws into a status.
template <typename Act>
ncmp_status guarded(Failure& failure, Act act) noexcept {
    try {
        act();
        return NCMP_OK;
    } catch (const Error& error) {
        return failure.set(status_of(error.fault()), error.what());
    } catch (const neurocomp::DamagedPayload& error) {
        return failure.set(NCMP_ERROR_FORMAT, error.what());
    } catch (const std::bad_alloc&) {
        return failure.set(NCMP_ERROR_MEMORY, "there is no memory left");
    } catch (const std::exception& error) {
        return failure.set(NCMP_ERROR_INTERNAL, error.what());
    } catch (...) {
        return failure.set(NCMP_ERROR_INTERNAL, "an error that has no name");
    }
}

ncmp_status usage(Failure& failure, const char* text) {
    return failure.set(NCMP_ERROR_USAGE, text);
}

Bytes bytes_of(const void* data, size_t size) { return {static_cast<const uint8_t*>(data), size}; }

}  // namespace

struct ncmp_models {
    Models models;
    Failure failure;
};

struct ncmp_decoder {
    std::unique_ptr<Models> own;  // where the caller gave none
    const Models* models = nullptr;
    Limits limits;
    size_t num_threads = 1;
    std::optional<Stream> stream;
    Failure failure;

    Stream& open() {
        if (!stream) stream.emplace(*models, limits, num_threads);
        return *stream;
    }
};

extern "C" {

unsigned ncmp_version(void) { return NCMP_VERSION_NUMBER; }

unsigned ncmp_format_version(void) { return neurocomp::frame::version; }

const char* ncmp_status_name(ncmp_status status) {
    switch (status) {
        case NCMP_OK:
            return "ok";
        case NCMP_ERROR_USAGE:
            return "usage";
        case NCMP_ERROR_MEMORY:
            return "out of memory";
        case NCMP_ERROR_MEMORY_LIMIT:
            return "memory limit";
        case NCMP_ERROR_SIZE_LIMIT:
            return "size limit";
        case NCMP_ERROR_FORMAT:
            return "format";
        case NCMP_ERROR_TRUNCATED:
            return "truncated";
        case NCMP_ERROR_CHECKSUM:
            return "checksum";
        case NCMP_ERROR_UNSUPPORTED:
            return "unsupported";
        case NCMP_ERROR_MODEL_NOT_FOUND:
            return "model not found";
        case NCMP_ERROR_MODEL_MISMATCH:
            return "model mismatch";
        case NCMP_ERROR_FILE:
            return "file";
        case NCMP_ERROR_INTERNAL:
            return "internal";
    }
    return "unknown status";
}

ncmp_status ncmp_models_create(ncmp_models** models) {
    if (models == nullptr) return NCMP_ERROR_USAGE;
    Failure failure;
    *models = nullptr;
    return guarded(failure, [&] { *models = new ncmp_models(); });
}

void ncmp_models_free(ncmp_models* models) { delete models; }

ncmp_status ncmp_models_add_file(ncmp_models* models, const char* path) {
    if (models == nullptr) return NCMP_ERROR_USAGE;
    if (path == nullptr) return usage(models->failure, "the path is null");
    return guarded(models->failure, [&] { models->models.add_file(path); });
}

ncmp_status ncmp_models_add_folder(ncmp_models* models, const char* path) {
    if (models == nullptr) return NCMP_ERROR_USAGE;
    if (path == nullptr) return usage(models->failure, "the path is null");
    return guarded(models->failure, [&] { models->models.add_folder(path); });
}

ncmp_status ncmp_models_add_bytes(ncmp_models* models, const void* data, size_t size) {
    if (models == nullptr) return NCMP_ERROR_USAGE;
    if (data == nullptr) return usage(models->failure, "the bytes are null");
    return guarded(models->failure, [&] { models->models.add_bytes(bytes_of(data, size)); });
}

const char* ncmp_models_message(const ncmp_models* models) {
    return models == nullptr ? "" : models->failure.message;
}

ncmp_status ncmp_decompress(void* dst, size_t capacity, size_t* dst_size, const void* src,
                            size_t src_size, const ncmp_models* models) {
    if (dst_size == nullptr || (dst == nullptr && capacity > 0) ||
        (src == nullptr && src_size > 0)) {
        return NCMP_ERROR_USAGE;
    }
    *dst_size = 0;
    ncmp_decoder* decoder = nullptr;
    ncmp_status status = ncmp_decoder_create(&decoder, models);
    if (status != NCMP_OK) return status;
    decoder->limits.content_bytes = capacity;
    ncmp_input input = {src, src_size, 0};
    ncmp_output output = {dst, capacity, 0};
    status = ncmp_decoder_run(decoder, &input, &output);
    if (status == NCMP_OK) status = ncmp_decoder_finish(decoder);
    if (status == NCMP_OK) *dst_size = output.pos;
    ncmp_decoder_free(decoder);
    return status;
}

ncmp_status ncmp_content_size(uint64_t* content_size, const void* src, size_t src_size) {
    if (content_size == nullptr || (src == nullptr && src_size > 0)) return NCMP_ERROR_USAGE;
    Failure failure;
    *content_size = 0;
    return guarded(failure, [&] {
        *content_size = neurocomp::frame::content_bytes_of(bytes_of(src, src_size));
    });
}

ncmp_status ncmp_decoder_create(ncmp_decoder** decoder, const ncmp_models* models) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    Failure failure;
    *decoder = nullptr;
    return guarded(failure, [&] {
        auto made = std::make_unique<ncmp_decoder>();
        if (models == nullptr) made->own = std::make_unique<Models>();
        made->models = models == nullptr ? made->own.get() : &models->models;
        *decoder = made.release();
    });
}

void ncmp_decoder_free(ncmp_decoder* decoder) { delete decoder; }

ncmp_status ncmp_decoder_set_limit(ncmp_decoder* decoder, ncmp_limit limit, uint64_t num_bytes) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    if (decoder->stream.has_value()) {
        return usage(decoder->failure, "limits are set before the first input");
    }
    switch (limit) {
        case NCMP_LIMIT_CONTENT:
            decoder->limits.content_bytes = num_bytes;
            return NCMP_OK;
        case NCMP_LIMIT_MEMORY:
            decoder->limits.memory_bytes = num_bytes;
            return NCMP_OK;
    }
    return usage(decoder->failure, "there is no such limit");
}

ncmp_status ncmp_decoder_set_threads(ncmp_decoder* decoder, unsigned num_threads) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    if (decoder->stream.has_value()) {
        return usage(decoder->failure, "threads are set before the first input");
    }
    if (num_threads > NCMP_MAX_THREADS)
        return usage(decoder->failure, "so many threads are absurd");
    decoder->num_threads = num_threads > 0 ? num_threads : std::thread::hardware_concurrency();
    return NCMP_OK;
}

ncmp_status ncmp_decoder_run(ncmp_decoder* decoder, ncmp_input* input, ncmp_output* output) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    Failure& failure = decoder->failure;
    if (input == nullptr || output == nullptr || input->pos > input->size ||
        output->pos > output->size || (input->src == nullptr && input->size > 0) ||
        (output->dst == nullptr && output->size > 0)) {
        return NCMP_ERROR_USAGE;
    }
    if (failure.status != NCMP_OK && failure.status != NCMP_ERROR_USAGE) return failure.status;
    Bytes left = bytes_of(input->src, input->size).subspan(input->pos);
    std::span<uint8_t> room(static_cast<uint8_t*>(output->dst), output->size);
    room = room.subspan(output->pos);
    const ncmp_status status = guarded(failure, [&] { decoder->open().run(left, room); });
    input->pos = input->size - left.size();
    output->pos = output->size - room.size();
    return status;
}

ncmp_status ncmp_decoder_finish(ncmp_decoder* decoder) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    Failure& failure = decoder->failure;
    if (failure.status != NCMP_OK && failure.status != NCMP_ERROR_USAGE) return failure.status;
    return guarded(failure, [&] {
        const Stream& stream = decoder->open();
        neurocomp::frame::require(!stream.has_output(), Fault::size_limit,
                                  "content still waits for room");
        stream.finish();
    });
}

ncmp_status ncmp_decoder_reset(ncmp_decoder* decoder) {
    if (decoder == nullptr) return NCMP_ERROR_USAGE;
    decoder->stream.reset();
    decoder->failure = Failure{};
    return NCMP_OK;
}

const char* ncmp_decoder_message(const ncmp_decoder* decoder) {
    return decoder == nullptr ? "" : decoder->failure.message;
}

}  // extern "C"
