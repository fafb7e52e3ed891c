/* Decodes a file of frames that need no weights twice: at once, and as it comes, a few bytes at a
 * time.  Both contents go to standard output. */
#include <neurocomp.h>
#include <stdio.h>
#include <stdlib.h>

static void* read_file(const char* name, size_t* size) {
    FILE* file = fopen(name, "rb");
    long length;
    char* data;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(3);
    length = ftell(file);
    if (length < 0) exit(3);
    rewind(file);
    data = malloc((size_t)length + 1);
    if (data == NULL || fread(data, 1, (size_t)length, file) != (size_t)length) exit(3);
    fclose(file);
    *size = (size_t)length;
    return data;
}

static int failed(const char* what, ncmp_status status) {
    fprintf(stderr, "%s: %s\n", what, ncmp_status_name(status));
    return 1;
}

static int decode_at_once(const void* data, size_t size) {
    uint64_t content_size;
    size_t found;
    void* content;
    ncmp_status status = ncmp_content_size(&content_size, data, size);
    if (status != NCMP_OK) return failed("size", status);
    content = malloc((size_t)content_size + 1);
    if (content == NULL) return failed("malloc", NCMP_ERROR_MEMORY);
    status = ncmp_decompress(content, (size_t)content_size, &found, data, size, NULL);
    if (status == NCMP_OK) fwrite(content, 1, found, stdout);
    free(content);
    return status == NCMP_OK ? 0 : failed("at once", status);
}

static int decode_as_it_comes(const char* data, size_t size) {
    ncmp_decoder* decoder;
    size_t start;
    ncmp_status status = ncmp_decoder_create(&decoder, NULL);
    if (status != NCMP_OK) return failed("create", status);
    for (start = 0; start < size && status == NCMP_OK; start += 11) {
        ncmp_input input = {NULL, 0, 0};
        ncmp_output output;
        char room[100];
        input.src = data + start;
        input.size = size - start < 11 ? size - start : 11;
        do {
            output.dst = room;
            output.size = sizeof room;
            output.pos = 0;
            status = ncmp_decoder_run(decoder, &input, &output);
            fwrite(room, 1, output.pos, stdout);
        } while (status == NCMP_OK && output.pos == output.size);
    }
    if (status == NCMP_OK) status = ncmp_decoder_finish(decoder);
    if (status != NCMP_OK) fprintf(stderr, "%s\n", ncmp_decoder_message(decoder));
    ncmp_decoder_free(decoder);
    return status == NCMP_OK ? 0 : 1;
}

int main(int argc, char** argv) {
    size_t size;
    void* data;
    int result;
    if (argc != 2 || ncmp_version() != NCMP_VERSION_NUMBER) return 2;
    data = read_file(argv[1], &size);
    result = decode_at_once(data, size);
    if (result == 0) result = decode_as_it_comes(data, size);
    free(data);
    return result;
}
