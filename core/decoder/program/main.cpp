// ncmp-decode: decompresses .ncmp files by the library's C API.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "neurocomp.h"
#include "options.hpp"
#include "output.hpp"

namespace ncmp_decode {

namespace {

constexpr size_t buffer_bytes = size_t{1} << 18;
constexpr const char* suffix = ".ncmp";

// A file is not decoded: exit code 1.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct FreeModels {
    void operator()(ncmp_models* models) const { ncmp_models_free(models); }
};
struct FreeDecoder {
    void operator()(ncmp_decoder* decoder) const { ncmp_decoder_free(decoder); }
};
using Models = std::unique_ptr<ncmp_models, FreeModels>;
using Decoder = std::unique_ptr<ncmp_decoder, FreeDecoder>;

bool is_folder(const std::string& path) {
    struct stat status = {};
    return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void add_models(ncmp_models* models, const std::string& path) {
    const ncmp_status status = is_folder(path) ? ncmp_models_add_folder(models, path.c_str())
                                               : ncmp_models_add_file(models, path.c_str());
    if (status != NCMP_OK) throw Failure(ncmp_models_message(models));
}

// The folder of the program, with a slash at its end; empty where the system does not tell.
std::string own_folder(const char* argument) {
    char buffer[4096];
    const ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
    std::string path(argument);
    if (length > 0 && static_cast<size_t>(length) < sizeof buffer) {
        path.assign(buffer, static_cast<size_t>(length));
    }
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

Models open_models(const Options& options, const char* argument) {
    ncmp_models* created = nullptr;
    if (ncmp_models_create(&created) != NCMP_OK) throw std::bad_alloc();
    Models models(created);
    for (const std::string& path : options.models) add_models(models.get(), path);
    if (const char* const variable = std::getenv("NEUROCOMP_MODELS")) {
        std::string paths(variable);
        for (size_t start = 0; start <= paths.size();) {
            const size_t end = std::min(paths.find(':', start), paths.size());
            if (end > start) add_models(models.get(), paths.substr(start, end - start));
            start = end + 1;
        }
    }
    const std::string folder = own_folder(argument);
    for (const char* const place : {"models", "../share/neurocomp/models"}) {
        if (!folder.empty() && is_folder(folder + place)) add_models(models.get(), folder + place);
    }
    return models;
}

// An open input.
class Input {
   public:
    explicit Input(const std::string& name) : name_(name) {
        if (name == standard_stream) {
            name_ = "(stdin)";
            descriptor_ = STDIN_FILENO;
        } else {
            descriptor_ = open(name.c_str(), O_RDONLY | O_CLOEXEC);
            if (descriptor_ < 0) fail_on(name);
            is_owned_ = true;
        }
        if (fstat(descriptor_, &status_) != 0) fail_on(name_);
        if (S_ISDIR(status_.st_mode)) throw Failure("is a folder");
        if (isatty(descriptor_) != 0) throw Failure("compressed data is not read from a terminal");
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input() {
        if (is_owned_) close(descriptor_);
    }

    const struct stat& status() const { return status_; }
    bool is_regular() const { return S_ISREG(status_.st_mode); }

    size_t read_some(std::vector<char>& buffer) {
        for (;;) {
            const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
            if (count >= 0) return static_cast<size_t>(count);
            if (errno != EINTR) fail_on(name_);
        }
    }

   private:
    std::string name_;
    int descriptor_ = -1;
    bool is_owned_ = false;
    struct stat status_ = {};
};

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
