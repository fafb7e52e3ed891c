// SHA-256 (FIPS 180-4), the identity of models.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace neurocomp {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
   public:
    // Takes in more bytes.
    void update(std::span<const uint8_t> bytes);
    // The hash of all bytes so far, after which none may follow.
    Digest finish();

   private:
    static constexpr size_t block_bytes = 64;

    void compress(const uint8_t* block);

    std::array<uint32_t, 8> state_ = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    std::array<uint8_t, block_bytes> block_{};  // what is not taken in yet
    uint64_t num_bytes_ = 0;
};

}  // namespace neurocomp
