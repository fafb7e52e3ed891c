/* neurocomp: decodes .ncmp files.  Plain C; docs/decoder.md has examples.
 *
 * Every function that can fail returns a status: NCMP_OK, which is 0, or what went wrong.  Nothing
 * is kept beyond the objects below, nothing is printed, and no memory is allocated before it is
 * known that the bytes vouch for it; but a block of a language model may be short whatever it
 * claims to hold, up to 64 MiB: set limits for files that you don't trust.  Objects of one thread
 * need no locks; `ncmp_models` may be shared by any number of decoders in any threads, once all
 * models are added.
 */
#ifndef NEUROCOMP_H
#define NEUROCOMP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef NCMP_API
#if defined(_WIN32) && defined(NCMP_SHARED)
#ifdef NCMP_BUILDING
#define NCMP_API __declspec(dllexport)
#else
#define NCMP_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define NCMP_API __attribute__((visibility("default")))
#else
#define NCMP_API
#endif
#endif

/* ---- Version ---- */

#define NCMP_VERSION_MAJOR 0
#define NCMP_VERSION_MINOR 1
#define NCMP_VERSION_PATCH 0
#define NCMP_VERSION_NUMBER \
    (NCMP_VERSION_MAJOR * 10000 + NCMP_VERSION_MINOR * 100 + NCMP_VERSION_PATCH)

/* Of the library in use: NCMP_VERSION_NUMBER as it was compiled. */
NCMP_API unsigned ncmp_version(void);
/* The format version that it reads. */
NCMP_API unsigned ncmp_format_version(void);

/* ---- Statuses ---- */

/* Numbers are never reused. */
typedef enum ncmp_status {
    NCMP_OK = 0,
    NCMP_ERROR_USAGE = 1,           /* an argument is null or out of range */
    NCMP_ERROR_MEMORY = 2,          /* the system has no memory left */
    NCMP_ERROR_MEMORY_LIMIT = 3,    /* decoding takes more memory than the limit */
    NCMP_ERROR_SIZE_LIMIT = 4,      /* the content is larger than the limit, or than the buffer */
    NCMP_ERROR_FORMAT = 5,          /* not a well-formed frame, payload or model file */
    NCMP_ERROR_TRUNCATED = 6,       /* the input ends within a frame */
    NCMP_ERROR_CHECKSUM = 7,        /* bytes don't have the checksum that the frame records */
    NCMP_ERROR_UNSUPPORTED = 8,     /* the frame needs what this library does not have */
    NCMP_ERROR_MODEL_NOT_FOUND = 9, /* no model that was added has the frame's hash */
    NCMP_ERROR_MODEL_MISMATCH = 10, /* a model is not what the frame was written with */
    NCMP_ERROR_FILE = 11,           /* a model file or folder cannot be read */
    NCMP_ERROR_INTERNAL = 12        /* an error in the library itself */
} ncmp_status;

/* Short English names, such as "checksum"; never null.  They live for ever. */
NCMP_API const char* ncmp_status_name(ncmp_status status);

/* ---- Models ---- */

/* Weights and dictionaries that frames may name.  Frames of the preset `fast` need none; those of
 * `max` need the language model's, and most of them text-l's as well. */
typedef struct ncmp_models ncmp_models;

NCMP_API ncmp_status ncmp_models_create(ncmp_models** models);
/* Null is fine.  Decoders that use the models must be freed before. */
NCMP_API void ncmp_models_free(ncmp_models* models);
/* Adds a model file (.safetensors). */
NCMP_API ncmp_status ncmp_models_add_file(ncmp_models* models, const char* path);
/* Adds the model files in a folder; others in it are passed over. */
NCMP_API ncmp_status ncmp_models_add_folder(ncmp_models* models, const char* path);
/* Adds a model file's bytes, which are copied. */
NCMP_API ncmp_status ncmp_models_add_bytes(ncmp_models* models, const void* data, size_t size);
/* What the last failure of a function of these models was, in a sentence; "" if none was.  It lives
 * until the next call with them. */
NCMP_API const char* ncmp_models_message(const ncmp_models* models);

/* ---- At once ---- */

/* Decodes a whole file, `src_size` bytes at `src`, and sets `*dst_size` to the size of its content
 * at `dst`.  Where `capacity` is too small, the status is NCMP_ERROR_SIZE_LIMIT.  On failure what
 * was written to `dst` is of no use.  `models` may be null. */
NCMP_API ncmp_status ncmp_decompress(void* dst, size_t capacity, size_t* dst_size, const void* src,
                                     size_t src_size, const ncmp_models* models);

/* Sets `*content_size` to the size of the content of a whole file as its blocks' heads record it,
 * without decoding: a hostile file may lie, up to 64 MiB for each 20 bytes or so. */
NCMP_API ncmp_status ncmp_content_size(uint64_t* content_size, const void* src, size_t src_size);

/* ---- As it comes ---- */

typedef struct ncmp_decoder ncmp_decoder;

/* `models` may be null; otherwise they must live as long as the decoder. */
NCMP_API ncmp_status ncmp_decoder_create(ncmp_decoder** decoder, const ncmp_models* models);
/* Null is fine. */
NCMP_API void ncmp_decoder_free(ncmp_decoder* decoder);

typedef enum ncmp_limit {
    NCMP_LIMIT_CONTENT = 0, /* bytes of content of a file */
    NCMP_LIMIT_MEMORY = 1   /* bytes of memory at a time, all but the models' */
} ncmp_limit;

/* Sets a limit; there is none at first.  To be called before the first input. */
NCMP_API ncmp_status ncmp_decoder_set_limit(ncmp_decoder* decoder, ncmp_limit limit,
                                            uint64_t num_bytes);

#define NCMP_MAX_THREADS 1024

/* Sets how many threads decode: 1 at first, 0 for as many as the processor has.  To be called
 * before the first input.  The content is the same with any number.  Blocks are decoded side by
 * side where no limit of memory is set, and parts of a block where it is the only one. */
NCMP_API ncmp_status ncmp_decoder_set_threads(ncmp_decoder* decoder, unsigned num_threads);

/* A buffer: what of it is used already, of how much.  Calls move `pos` forward. */
typedef struct ncmp_input {
    const void* src;
    size_t size;
    size_t pos;
} ncmp_input;

typedef struct ncmp_output {
    void* dst;
    size_t size;
    size_t pos;
} ncmp_output;

/* Takes input and gives output, until the input is used up or the output full.  Call it again with
 * more of either.  Where both have something left, it is not called again for what it was given.
 * Content comes out block by block, each when its checksums are right: when a later block or the
 * end of the file turns out to be damaged, what came before is what was compressed.
 * With several threads, content may come in later calls than with one: at the end of the input,
 * call it with an input that is used up, which waits for what is being decoded, until it leaves
 * room in the output.  With one thread such a call does nothing.
 * After a failure every call fails alike, until ncmp_decoder_reset. */
NCMP_API ncmp_status ncmp_decoder_run(ncmp_decoder* decoder, ncmp_input* input,
                                      ncmp_output* output);
/* Tells that there is no more input: NCMP_ERROR_TRUNCATED where it may not end here, and
 * NCMP_ERROR_SIZE_LIMIT where output still waits for room. */
NCMP_API ncmp_status ncmp_decoder_finish(ncmp_decoder* decoder);
/* Makes the decoder ready for another file; limits stay. */
NCMP_API ncmp_status ncmp_decoder_reset(ncmp_decoder* decoder);
/* What the last failure was, in a sentence; "" if none was.  It lives until the next call. */
NCMP_API const char* ncmp_decoder_message(const ncmp_decoder* decoder);

#ifdef __cplusplus
}
#endif

#endif
