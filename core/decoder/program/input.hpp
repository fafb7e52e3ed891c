// What is decoded: a file, a pipe or standard input.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace ncmp_decode {

class Input {
   public:
    // Throws Failure for what is not to be read, and std::system_error where it can't be.
    explicit Input(const std::string& name);
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input();

    const struct stat& status() const { return status_; }
    bool is_regular() const { return S_ISREG(status_.st_mode); }

    // Returns how many bytes were read, 0 at the end.
    size_t read_some(std::vector<char>& buffer);

   private:
    std::string name_;
    int descriptor_ = -1;
    bool is_owned_ = false;
    struct stat status_ = {};
};

}  // namespace ncmp_decode
