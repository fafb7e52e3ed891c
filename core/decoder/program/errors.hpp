// What ends the decoding of a file, or the program.
#pragma once

#include <stdexcept>

namespace ncmp_decode {

// The command line is wrong: nothing is done, exit code 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A file is not decoded: exit code 1.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace ncmp_decode
