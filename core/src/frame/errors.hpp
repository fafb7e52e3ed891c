// What can be wrong with a file, or with what a caller allows it.
#pragma once

#include <stdexcept>
#include <string>

namespace neurocomp::frame {

enum class Fault {
    usage,            // an argument, or what the environment asks for
    format,           // not a well-formed frame, payload or model file
    truncated,        // the bytes end before the frame does
    checksum,         // bytes don't have the checksum that the frame records
    unsupported,      // well-formed, but this decoder does not have what it needs
    size_limit,       // the content is larger than the caller allows
    memory_limit,     // decoding takes more memory than the caller allows
    model_not_found,  // no model file given has the hash
    model_mismatch,   // a model was found, but not what the frame was written with
    file,             // a file cannot be read
};

class Error : public std::runtime_error {
   public:
    Error(Fault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}

    Fault fault() const { return fault_; }

   private:
    Fault fault_;
};

[[noreturn]] inline void fail(Fault fault, const std::string& message) {
    throw Error(fault, message);
}

inline void require(bool condition, Fault fault, const char* message) {
    if (!condition) throw Error(fault, message);
}

}  // namespace neurocomp::frame
