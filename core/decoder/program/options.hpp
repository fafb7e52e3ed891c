// The command line of ncmp-decode.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ncmp_decode {

inline constexpr std::string_view standard_stream = "-";

struct Options {
    std::vector<std::string> files;  // "-" is standard input
    std::optional<std::string> output;
    std::vector<std::string> models;
    bool to_stdout = false;
    bool force = false;
    bool test = false;
    bool quiet = false;
    bool help = false;
    bool version = false;
    unsigned num_threads = 0;  // 0: as many as the processor has
    uint64_t max_content = std::numeric_limits<uint64_t>::max();
    uint64_t max_memory = std::numeric_limits<uint64_t>::max();
};

extern const char help_text[];

// Throws UsageError.
Options parse_options(int argc, char** argv);

}  // namespace ncmp_decode
