// The byte network of a stored model, ready to predict, and what its mixers know.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/memory.hpp"
#include "mix/state.hpp"
#include "network/network.hpp"
#include "weights/model.hpp"

namespace neurocomp::weights {

inline constexpr std::string_view network_architecture = "bytenet";

// Arrays of what the mixers know of text, as files have them.
class StoredExperience {
   public:
    StoredExperience(Array<int32_t> weights, Array<int32_t> final_weights,
                     Array<uint32_t> history_maps, Array<uint32_t> order0_map,
                     Array<uint32_t> match_maps);

    // Throws BadModel where a weight is out of range.
    void check() const;
    // It points here.
    mix::Experience view() const;

   private:
    Array<int32_t> weights_, final_weights_;
    Array<uint32_t> history_maps_, order0_map_, match_maps_;
};

// Everything that a network computes with; what is given out lives as long as this.
class ByteNetwork {
   public:
    // Throws BadModel where the model is another, damaged, or would not be exact.
    explicit ByteNetwork(const Model& model);

    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): the constructor sets it
    const network::Network& network() const { return *network_; }
    // For `Plan`: nothing where the mixers know nothing of text.
    const mix::Experience* experience() const { return experience_ ? &*experience_ : nullptr; }

   private:
    Array<int32_t> embeddings_, scales_, gates_, silu_, exp2_;
    network::HashedRows hashed_;
    std::optional<network::Network> network_;
    std::optional<StoredExperience> stored_experience_;
    std::optional<mix::Experience> experience_;
};

// The same, to be shared: it needs neither the model nor its file any longer.
std::shared_ptr<const ByteNetwork> make_network(const Model& model);

}  // namespace neurocomp::weights
