// What a model of symbols is to those who code with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace neurocomp::symbolwise {

// Calls a function for 0 .. count - 1, perhaps in several threads; returns when all are done.
using ForEach = std::function<void(size_t count, const std::function<void(size_t)>& work)>;

// The running state of a model over the lanes of one block.
class Predictor {
   public:
    virtual ~Predictor() = default;

    // Writes the tables of what comes next in each lane, (lanes, V): entries of at least 1 that sum
    // to 2**24.  Called once before each `update`.  Throws std::bad_alloc.
    virtual void predict(int32_t* out) = 0;
    // Tells which symbols came next, (lanes,), all below V.  Throws DamagedPayload where they can't,
    // and std::bad_alloc.
    virtual void update(const int32_t* symbols) = 0;
};

// A model, which any thread may use.
class Model {
   public:
    virtual ~Model() = default;

    // Number of different symbols, V.
    virtual size_t alphabet_size() const = 0;
    // The same model with what a frame tells it besides; null where it takes nothing.  Throws
    // weights::BadModel where that is damaged.  It shares what is stored.
    virtual std::shared_ptr<const Model> with_parameters(std::span<const uint8_t>) const {
        return nullptr;
    }
    // Symbols that a lane may have.
    virtual size_t max_lane_symbols() const { return SIZE_MAX; }
    // Bytes of memory that a predictor takes for so many symbols in so many lanes, one group of them:
    // a little more than it does, never less.
    virtual uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const = 0;
    // The state at the start of a block.  Groups of lanes that know nothing of each other may be left
    // to `for_each`, `num_groups` at a time.  Throws std::bad_alloc.
    virtual std::unique_ptr<Predictor> predictor(size_t num_lanes, size_t num_groups,
                                                 const ForEach& for_each) const = 0;
};

}  // namespace neurocomp::symbolwise
