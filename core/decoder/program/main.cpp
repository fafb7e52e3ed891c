// ncmp-decode: decompresses .ncmp files by the library's C API.
#include <cctype>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"
#include "input.hpp"
#include "models.hpp"
#include "neurocomp.h"
#include "options.hpp"
#include "output.hpp"

namespace ncmp_decode {

namespace {

constexpr size_t buffer_bytes = size_t{1} << 18;
constexpr const char* suffix = ".ncmp";

struct FreeDecoder {
    void operator()(ncmp_decoder* decoder) const { ncmp_decoder_free(decoder); }
};
using Decoder = std::unique_ptr<ncmp_decoder, FreeDecoder>;

class Program {
   public:
    Program(const Options& options, const char* argument)
        : options_(options), models_(open_models(options, argument)) {
        ncmp_decoder* created = nullptr;
        if (ncmp_decoder_create(&created, models_.get()) != NCMP_OK) throw std::bad_alloc();
        decoder_.reset(created);
        ncmp_decoder_set_limit(created, NCMP_LIMIT_CONTENT, options.max_content);
        ncmp_decoder_set_limit(created, NCMP_LIMIT_MEMORY, options.max_memory);
        ncmp_decoder_set_threads(created, options.num_threads);
    }

    void decode(const std::string& file) {
        Input input(file);
        const bool to_stdout = options_.to_stdout || (!options_.output && file == standard_stream);
        if (options_.test) {
            convert(input, -1, "");
        } else if (to_stdout) {
            convert(input, STDOUT_FILENO, "(stdout)");
        } else {
            decode_to_file(input, file);
        }
    }

    // Throws UsageError where a file would be overwritten that is to be read.
    void check() const {
        for (const std::string& file : options_.files) {
            if (options_.test || options_.to_stdout) break;
            if (!options_.output && (file == standard_stream || !has_suffix(file))) continue;
            const std::string target = options_.output ? *options_.output : content_name(file);
            struct stat written = {};
            if (stat(target.c_str(), &written) != 0 || !S_ISREG(written.st_mode)) continue;
            for (const std::string& other : options_.files) {
                struct stat read = {};
                const int found = other == standard_stream ? fstat(STDIN_FILENO, &read)
                                                           : stat(other.c_str(), &read);
                if (found == 0 && read.st_dev == written.st_dev && read.st_ino == written.st_ino) {
                    throw UsageError(target + " is an input: give another output");
                }
            }
        }
    }

   private:
    void decode_to_file(Input& input, const std::string& file) {
        const std::string target = options_.output ? *options_.output : content_name(file);
        struct stat status = {};
        if (lstat(target.c_str(), &status) == 0) {
            // A device or pipe, such as /dev/stdout, is written to and not replaced.
            struct stat followed = {};
            if (stat(target.c_str(), &followed) == 0 && !S_ISREG(followed.st_mode)) {
                convert_into(input, target, followed);
                return;
            }
            if (!options_.force) {
                throw Failure(target + " already exists: give -f to overwrite it");
            }
        }
        NewFile output(target);
        convert(input, output.descriptor(), target);
        if (input.is_regular() && file != standard_stream) output.liken_to(input.status());
        output.complete(options_.force);
    }

    static bool has_suffix(const std::string& file) {
        const size_t length = std::strlen(suffix);
        if (file.size() <= length) return false;
        const size_t start = file.size() - length;
        for (size_t i = 0; i < length; ++i) {
            const int letter = static_cast<unsigned char>(file[start + i]);
            if (std::tolower(letter) != suffix[i]) return false;
        }
        return file[start - 1] != '/';
    }

    static std::string content_name(const std::string& file) {
        if (!has_suffix(file)) {
            throw Failure(std::string("does not end in ") + suffix +
                          ": give -o FILE or -c to say where to write");
        }
        return file.substr(0, file.size() - std::strlen(suffix));
    }

    void convert_into(Input& input, const std::string& target, const struct stat& status) {
        if (S_ISDIR(status.st_mode)) throw Failure(target + " is a folder");
        const int descriptor = open(target.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor < 0) fail_on(target);
        try {
            convert(input, descriptor, target);
        } catch (...) {
            close(descriptor);
            throw;
        }
        if (close(descriptor) != 0) fail_on(target);
    }

    // Decodes all of the input; a descriptor of -1 takes nothing.
    void convert(Input& input, int descriptor, const std::string& name) {
        ncmp_decoder_reset(decoder_.get());
        size_t count = 0;
        do {
            // At the end there is none, which waits for the threads.
            count = input.read_some(from_);
            ncmp_input given = {from_.data(), count, 0};
            for (;;) {
                ncmp_output wanted = {to_.data(), to_.size(), 0};
                const ncmp_status status = ncmp_decoder_run(decoder_.get(), &given, &wanted);
                if (descriptor >= 0) write_all(descriptor, to_.data(), wanted.pos, name);
                check(status);
                if (wanted.pos < wanted.size) break;
            }
        } while (count > 0);
        check(ncmp_decoder_finish(decoder_.get()));
    }

    void check(ncmp_status status) const {
        if (status != NCMP_OK) throw Failure(ncmp_decoder_message(decoder_.get()));
    }

    const Options& options_;
    Models models_;
    Decoder decoder_;
    std::vector<char> from_ = std::vector<char>(buffer_bytes);
    std::vector<char> to_ = std::vector<char>(buffer_bytes);
};

void say(const std::string& text) { std::fprintf(stderr, "ncmp-decode: %s\n", text.c_str()); }

void print(const std::string& text) {
    write_all(STDOUT_FILENO, text.data(), text.size(), "(stdout)");
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    if (options.help) {
        print(help_text);
        return 0;
    }
    if (options.version) {
        const unsigned number = ncmp_version();
        print("ncmp-decode " + std::to_string(number / 10000) + "." +
              std::to_string(number / 100 % 100) + "." + std::to_string(number % 100) +
              ", format " + std::to_string(ncmp_format_version()) + "\n");
        return 0;
    }
    remove_unfinished_on_signals();
    Program program(options, argv[0]);
    program.check();
    int exit_code = 0;
    for (const std::string& file : options.files) {
        const std::string shown = file == standard_stream ? "(stdin)" : file;
        try {
            program.decode(file);
            if (options.test && !options.quiet) print(shown + ": ok\n");
            continue;
        } catch (const Failure& failure) {
            say(shown + ": " + failure.what());
        } catch (const std::system_error& error) {
            say(error.what());
        } catch (const std::bad_alloc&) {
            say(shown + ": there is no memory left");
        }
        exit_code = 1;
    }
    return exit_code;
}

}  // namespace

}  // namespace ncmp_decode

int main(int argc, char** argv) {
    try {
        return ncmp_decode::run(argc, argv);
    } catch (const ncmp_decode::UsageError& error) {
        ncmp_decode::say(error.what());
        return 2;
    } catch (const std::exception& error) {
        ncmp_decode::say(error.what());
        return 1;
    }
}
