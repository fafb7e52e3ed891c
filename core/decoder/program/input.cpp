#include "input.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "errors.hpp"
#include "options.hpp"
#include "output.hpp"

namespace ncmp_decode {

Input::Input(const std::string& name) : name_(name) {
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

Input::~Input() {
    if (is_owned_) close(descriptor_);
}

size_t Input::read_some(std::vector<char>& buffer) {
    for (;;) {
        const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
        if (count >= 0) return static_cast<size_t>(count);
        if (errno != EINTR) fail_on(name_);
    }
}

}  // namespace ncmp_decode
