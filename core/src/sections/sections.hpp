// Sections of blocks: bytes to a payload and back, under the mixture and, if wanted, a network.
//
// A section is cut into lanes that advance together and share tables and a payload.  At each step
// the network weighs the next byte of the lanes; then the bytes are coded lane by lane, bit by bit,
// by the mixture of its weights and of the contexts, whose tables the lanes update in this order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/damage.hpp"
#include "mix/state.hpp"
#include "mix/tape.hpp"
#include "network/network.hpp"

namespace neurocomp {

using Bytes = std::span<const uint8_t>;
using Payload = std::vector<uint8_t>;

inline constexpr size_t max_section_bytes = (size_t{1} << 31) - 64;  // positions have 32 bits

// Told now and then how many more bytes are done; may throw to stop the work.
using Progress = std::function<void(size_t)>;

// Text that a mixture has read before a block begins.  From the second one on, mixtures for small
// blocks are kept, one for each size of tables, and copied: who codes one block has no use for a
// copy.  Any thread may ask.
class Primer {
   public:
    explicit Primer(Bytes content);

    struct Primed {
        mix::Tables tables;
        mix::Lane lane;
    };

    // A mixture that has read it, with room for so many bytes more.  Throws std::bad_alloc.
    std::unique_ptr<Primed> primed(size_t room);
    size_t size() const { return content_.size(); }

   private:
    // Returns what is kept with tables of these sizes, or nothing; called under the lock.
    std::shared_ptr<const Primed> find_kept(const mix::TableSizes& sizes) const;

    std::vector<uint8_t> content_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<const Primed>> kept_;  // at most a few
    bool is_asked_again_ = false;
};

// How sections are coded.  What is pointed to belongs to the caller.
struct Plan {
    mix::Profile profile = mix::Profile::text;
    size_t num_lanes = 1;
    const network::Network* network = nullptr;    // none for contexts alone
    const mix::Experience* experience = nullptr;  // what the mixers know of text beside it
    Primer* primer = nullptr;                     // without a network only
    Bytes dictionary;                             // read before each section, after the primer

    // Throws std::invalid_argument where these don't go together.
    void check() const;
};

// Codes sections side by side on this thread, in lock-step where a network weighs their bytes.
// Returns for each its payload, or nothing where that is longer than `room`.
// Throws std::invalid_argument, std::bad_alloc, and what `progress` does.
std::vector<std::optional<Payload>> encode(const Plan& plan, std::span<const Bytes> sections,
                                           size_t room, const Progress& progress);

// Fills sections with what their payloads hold.  Throws DamagedPayload and what `encode` does.
void decode(const Plan& plan, std::span<const Bytes> payloads,
            std::span<const std::span<uint8_t>> sections, const Progress& progress);

// Encodes one section and notes what its bytes cost: `tape` has room for all of them.
std::optional<Payload> trace(const Plan& plan, Bytes section, size_t room, const mix::Tape& tape,
                             const Progress& progress);

// What the mixture knows when it has coded a section.
std::unique_ptr<const mix::Tables> learn(const Plan& plan, Bytes section);

}  // namespace neurocomp
