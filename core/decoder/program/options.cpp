#include "options.hpp"

#include <cctype>
#include <string_view>

#include "errors.hpp"

namespace ncmp_decode {

const char help_text[] =
    "Usage: ncmp-decode [OPTION]... [FILE.ncmp]...\n"
    "\n"
    "  Decompress each FILE.ncmp to FILE, or standard input to standard output.\n"
    "  A file gets its name only when all of it is decoded and every checksum is right.\n"
    "\n"
    "Options:\n"
    "  -o, --output FILE      write to FILE\n"
    "  -c, --stdout           write to standard output\n"
    "  -f, --force            overwrite files\n"
    "  -k, --keep             keep the input, which is always kept\n"
    "  -t, --test             check only, write nothing\n"
    "  -q, --quiet            say nothing but what failed\n"
    "  -T, --threads NUMBER   threads that decode; 0, the default: one for each core\n"
    "      --models PATH      a model file, or a folder of them; may be given several times\n"
    "      --max-size SIZE    refuse content of more bytes, such as 100MiB\n"
    "      --max-memory SIZE  refuse what takes more memory, models not counted\n"
    "  -V, --version          print the version and leave\n"
    "  -h, --help             show this message and leave\n"
    "\n"
    "Models are searched in --models, in the folders of NEUROCOMP_MODELS (with a colon between\n"
    "them), in the folder 'models' beside the program, and in ../share/neurocomp/models.\n"
    "\n"
    "Exit codes:\n"
    "  0    all went well\n"
    "  1    something failed; the other files were worked on all the same\n"
    "  2    the command line is wrong, or would lose data; nothing was done\n"
    "  130  ended by Ctrl-C (128 and the signal's number)\n";

namespace {

uint64_t parse_size(const std::string& option, const std::string& text) {
    const auto refuse = [&]() -> uint64_t {
        throw UsageError(option + " " + text + " is no size: give bytes, or 10KiB, 10MiB, 10GiB");
    };
    uint64_t value = 0;
    size_t at = 0;
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
        if (value > (uint64_t{1} << 59)) refuse();
        value = 10 * value + static_cast<uint64_t>(text[at] - '0');
    }
    if (at == 0) refuse();
    const std::string unit = text.substr(at);
    int shift = 0;
    if (unit == "KiB" || unit == "K")
        shift = 10;
    else if (unit == "MiB" || unit == "M")
        shift = 20;
    else if (unit == "GiB" || unit == "G")
        shift = 30;
    else if (!unit.empty() && unit != "B")
        refuse();
    if (value > UINT64_MAX >> shift) refuse();
    return value << shift;
}

unsigned parse_threads(const std::string& option, const std::string& text) {
    constexpr unsigned most = 1024;
    const auto refuse = [&] {
        throw UsageError(option + " " + text + " is no number of threads: give 0 to 1024");
    };
    unsigned value = 0;
    for (const char digit : text) {
        const bool is_digit = std::isdigit(static_cast<unsigned char>(digit)) != 0;
        if (is_digit) value = 10 * value + static_cast<unsigned>(digit - '0');
        if (!is_digit || value > most) refuse();
    }
    if (text.empty()) throw UsageError(option + " needs a number of threads");
    return value;
}

// Takes options one after the other, in all forms: -f, -fo OUT, -oOUT, --output OUT, --output=OUT.
class Parser {
   public:
    Parser(int argc, char** argv) : arguments_(argv + 1, argv + argc) {}

    Options parse() {
        bool only_files = false;
        while (at_ < arguments_.size()) {
            const std::string argument = arguments_[at_++];
            if (only_files || argument == standard_stream || argument.empty() ||
                argument[0] != '-') {
                if (argument.empty()) throw UsageError("an argument is empty");
                options_.files.push_back(argument);
            } else if (argument == "--") {
                only_files = true;
            } else if (argument[1] == '-') {
                parse_long(argument);
            } else {
                parse_letters(argument);
            }
        }
        check();
        return options_;
    }

   private:
    std::string value_of(const std::string& option) {
        if (at_ == arguments_.size()) throw UsageError(option + " needs a value");
        return arguments_[at_++];
    }

    void parse_long(const std::string& argument) {
        const size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        const auto value = [&] {
            return equals == std::string::npos ? value_of(name) : argument.substr(equals + 1);
        };
        if (name == "--output")
            options_.output = value();
        else if (name == "--models")
            options_.models.push_back(value());
        else if (name == "--threads")
            options_.num_threads = parse_threads(name, value());
        else if (name == "--max-size")
            options_.max_content = parse_size(name, value());
        else if (name == "--max-memory")
            options_.max_memory = parse_size(name, value());
        else if (equals != std::string::npos)
            throw UsageError("no option " + name + " that has a value");
        else if (!set_flag(name))
            throw UsageError("no option " + name + " (see --help)");
    }

    bool set_flag(const std::string& name) {
        if (name == "--stdout" || name == "-c")
            options_.to_stdout = true;
        else if (name == "--force" || name == "-f")
            options_.force = true;
        else if (name == "--test" || name == "-t")
            options_.test = true;
        else if (name == "--quiet" || name == "-q")
            options_.quiet = true;
        else if (name == "--help" || name == "-h")
            options_.help = true;
        else if (name == "--version" || name == "-V")
            options_.version = true;
        else
            return name == "--keep" || name == "-k";
        return true;
    }

    void parse_letters(const std::string& argument) {
        for (size_t i = 1; i < argument.size(); ++i) {
            const std::string letter = std::string("-") + argument[i];
            if (letter == "-o" || letter == "-T") {
                const std::string rest = argument.substr(i + 1);
                const std::string value = rest.empty() ? value_of(letter) : rest;
                if (letter == "-o")
                    options_.output = value;
                else
                    options_.num_threads = parse_threads(letter, value);
                return;
            }
            if (!set_flag(letter)) throw UsageError("no option " + letter + " (see --help)");
        }
    }

    void check() {
        if (options_.help || options_.version) return;
        if (options_.files.empty()) options_.files.emplace_back(standard_stream);
        if (options_.output && options_.output->empty()) throw UsageError("-o needs a name");
        if (options_.output && options_.to_stdout) throw UsageError("-o and -c exclude each other");
        if (options_.test && (options_.output || options_.to_stdout)) {
            throw UsageError("-t writes nothing: it has no -o and no -c");
        }
        if (options_.output && options_.files.size() > 1) {
            throw UsageError("-o is for one file, and there are several");
        }
    }

    std::vector<std::string> arguments_;
    size_t at_ = 0;
    Options options_;
};

}  // namespace

Options parse_options(int argc, char** argv) { return Parser(argc, argv).parse(); }

}  // namespace ncmp_decode
