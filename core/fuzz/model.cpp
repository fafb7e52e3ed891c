// Model files: what a reader of stored models takes, without the checksum that would stop it.
#include <cstdint>
#include <vector>

#include "weights/byte_network.hpp"
#include "weights/model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace neurocomp;
    try {
        const weights::Model model = weights::read_model({data, size}, weights::Check::nothing);
        size_t num_bytes = 0;
        for (const weights::StoredTensor& one : model.tensors) num_bytes += one.num_bytes();
        if (num_bytes > size_t{1} << 24) return 0;  // packed: allowed, and slow
        model.identity();
        weights::make_network(model);
    } catch (const weights::BadModel&) {
        return 0;
    }
    return 0;
}
