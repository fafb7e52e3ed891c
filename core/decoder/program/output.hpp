// Output files that get their name when they are complete.
#pragma once

#include <cstddef>
#include <string>

#include <sys/stat.h>

namespace ncmp_decode {

// What the system says of a file, with its name.
[[noreturn]] void fail_on(const std::string& name);

// Writes all of it; throws std::system_error.
void write_all(int descriptor, const void* data, size_t size, const std::string& name);

// A new file beside its target, removed where it is not completed: by a signal, too.
// All functions throw std::system_error.
class NewFile {
   public:
    explicit NewFile(const std::string& target);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();

    int descriptor() const { return descriptor_; }
    // Gives it permissions and time of another file.
    void liken_to(const struct stat& other);
    // Syncs it and gives it the target's name; fails where that is taken, unless `overwrite`.
    void complete(bool overwrite);

   private:
    void remove();

    std::string target_;
    std::string temporary_;
    int descriptor_ = -1;
};

// Has signals that end the program remove what is unfinished before.
void remove_unfinished_on_signals();

}  // namespace ncmp_decode
