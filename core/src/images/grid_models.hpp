// Adaptive models of a grid's codes: what a prior has to beat.
//
// Floats are fine here: the code lengths are for comparison, and nothing is decoded by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neurocomp::images {

// Codes under adaptive counts from 1/2 on (Krichevsky-Trofimov).
class CountModel {
   public:
    explicit CountModel(size_t num_codes);
    // Reads codes < num_codes and returns their code length in bits.
    double read(const uint16_t* codes, size_t size);
    size_t num_codes() const { return counts_.size(); }

   private:
    std::vector<double> counts_;
    double total_;
};

// Mixes predictions under ten contexts of the neighbouring codes, bit by bit (M. Mahoney's logistic
// mixing, with weights chosen by the node of the code's binary tree).
class GridModel {
   public:
    static constexpr size_t num_contexts = 10;

    // For codes of `depth` bits, 1 to 16.
    explicit GridModel(size_t depth);
    // Reads grids (N, rows, columns) of codes and returns their code length in bits.
    size_t depth() const { return depth_; }
    double read(const uint16_t* grids, size_t num_grids, size_t num_rows, size_t num_columns);

   private:
    double read_code(const uint64_t (&contexts)[num_contexts], uint16_t code, size_t num_known);

    size_t depth_;
    std::vector<float> shares_;    // (contexts, slots): probability of a one
    std::vector<float> counts_;    // (contexts, slots)
    std::vector<double> weights_;  // (depth, 3, 2 contexts)
};

}  // namespace neurocomp::images
