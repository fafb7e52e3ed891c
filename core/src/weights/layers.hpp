// Layers of exact networks, read from a stored model with the conditions that exactness rests on:
// those of neurocomp/exact/layers.py.
#pragma once

#include <cstdint>
#include <string>

#include "base/memory.hpp"
#include "exact/embedding.hpp"
#include "exact/layers.hpp"
#include "weights/model.hpp"

namespace neurocomp::weights {

// Bounds of a layer's inputs and outputs, and its shift.
struct LayerScale {
    int64_t limit;
    int64_t shift;
    int64_t clip;
};

// A linear layer of N outputs over K inputs: tensors `NAME.weight`, `.multiplier`, `.bias`.
class StoredLayer {
   public:
    StoredLayer() = default;
    // Throws BadModel where a part is missing, of another shape, or would not be exact.
    StoredLayer(const Model& model, const std::string& name, size_t num_outputs, size_t num_inputs,
                const LayerScale& scale);

    // It points here.
    const exact::Layer& view() const { return view_; }

   private:
    void check(const Array<int8_t>& weight, size_t num_inputs) const;

    Array<int8_t> weight_;  // padded with zeros to whole chunks of columns
    Array<int64_t> multiplier_;
    Array<int32_t> bias_;
    exact::Layer view_ = {};
};

// Vectors of symbols: tensors `embedding.rows` and `embedding.columns`, and the weight of that name.
class StoredEmbedding {
   public:
    StoredEmbedding() = default;
    // Where a layer `tied` has the same weight, and no padding, that is read; it is to outlive this,
    // and may be moved.  Throws BadModel.
    StoredEmbedding(const Model& model, const std::string& weight_name, size_t alphabet_size,
                    size_t width, int64_t shift, const StoredLayer* tied);

    const exact::Embedding& view() const { return view_; }

   private:
    Array<int8_t> weight_;
    Array<int32_t> rows_, columns_;
    exact::Embedding view_ = {};
};

// Throws BadModel unless a norm over so many columns is exact.
void check_epsilon(int64_t epsilon, size_t width);

}  // namespace neurocomp::weights
