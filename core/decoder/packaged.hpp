// What is compiled in of the package: the primer, and the hashes of its networks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurocomp::decoder {

// The text of neurocomp/models/mix/primer.txt.
extern const uint8_t primer_text[];
extern const size_t primer_bytes;

struct PackagedNetwork {
    const char* name;    // for messages where its file is missing
    const char* sha256;  // hexadecimal
};
extern const PackagedNetwork packaged_networks[];
extern const size_t num_packaged_networks;

}  // namespace neurocomp::decoder
