// Bit-exact arithmetic of models, compiled once for each kind of processor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/matrix.hpp"

namespace neurocomp::exact {

// How attention's scores become weights: see neurocomp/exact/attention.py.
struct AttentionScale {
    int64_t query_limit;
    int64_t multiplier;
    int64_t shift;
};

// Caches of keys or values: (lanes, heads, positions, width).
template <typename T>
struct Cache {
    T* data;
    size_t num_lanes;
    size_t num_heads;
    size_t num_positions;
    size_t width;

    NEUROCOMP_INLINE T* at(size_t lane, size_t head) const {
        return data + (lane * num_heads + head) * num_positions * width;
    }
};

// What each position sees: positions[bounds[t]] up to positions[bounds[t + 1]], all below the number
// of the caches' positions.
struct Sight {
    const int32_t* bounds;
    const int32_t* positions;
};

// A position whose weight is not zero.
struct Share {
    uint32_t position;
    int32_t weight;
};

// Where attention works: `width` numbers of a query, a score and a share for each position.
struct AttentionScratch {
    int16_t* query;
    int32_t* scores;
    Share* shares;
};

// Keys or values of 8 bits, (lanes, heads, slots, width), and the scale of each vector.
struct ByteCache {
    int8_t* values;
    int32_t* scales;
    size_t num_lanes;
    size_t num_heads;
    size_t num_slots;
    size_t width;

    // The number of the first vector of a lane's head.
    NEUROCOMP_INLINE size_t place(size_t lane, size_t head) const {
        return (lane * num_heads + head) * num_slots;
    }
};

// What a position sees and where it is kept: see neurocomp/exact/window.py.
struct Window {
    size_t length;
    size_t num_sinks;
    size_t num_slots;

    NEUROCOMP_INLINE size_t slot(size_t position) const {
        if (position < num_sinks) return position;
        return num_sinks + (position - num_sinks) % (num_slots - num_sinks);
    }
};

// Where it works: both rotations of the queries that share a key, their scores (queries, length),
// and for each position the scale of its value and a product.
struct WindowScratch {
    int16_t* queries;
    int32_t* scores;
    int32_t* scales;
    int64_t* products;
};

// Weights of a layer: N rows of int8, a multiple of 16 columns each.
struct LinearParts {
    const int8_t* weight;
    const int64_t* multiplier;
    const int32_t* bias;
    size_t num_inputs;  // with the padding
    size_t num_outputs;
    int64_t shift;
    int64_t clip;
};

inline constexpr size_t strip_outputs = 32;
inline constexpr size_t group_inputs = 4;

// A layer in strips: see exact/packed.hpp.  Multipliers and biases go on to the end of the last strip.
struct PackedParts {
    const uint8_t* weights;  // (strips, groups, 32, 4), each w + 128
    const uint32_t* multipliers;
    const int32_t* biases;
    size_t num_groups;
    size_t num_outputs;
    int64_t shift;
    int64_t clip;
    bool is_wide;  // whether its inputs are of 16 bits

    NEUROCOMP_INLINE size_t num_strips() const {
        return (num_outputs + strip_outputs - 1) / strip_outputs;
    }
};

// Rows as the products of a kind of processor read them, and the sum of each row's numbers.
struct PackedRows {
    uint8_t* data;
    size_t stride;  // bytes from row to row: two for each input, with the padding to whole groups
    int32_t* sums;
    const int64_t* mantissas;
    const int64_t* exponents;
    size_t num_rows;
};

// Keys and values of 8 bits in strips, and the scale of each vector, of at most 2**15.
struct PackedCache {
    uint8_t* keys;   // (lanes, heads, slots / 32, groups, 32, 4), each k + 128: slots are outputs
    int8_t* values;  // (lanes, heads, strips, slots / 4, 32, 4): slots are inputs
    uint16_t* key_scales;  // (lanes, heads, slots)
    uint16_t* value_scales;
    size_t num_lanes;
    size_t num_heads;
    size_t num_slots;  // with the padding to whole strips
    size_t width;
    size_t num_groups;  // of a key
    size_t num_strips;  // of a value

    // The number of the first vector of a lane's head.
    NEUROCOMP_INLINE size_t place(size_t lane, size_t head) const {
        return (lane * num_heads + head) * num_slots;
    }
    NEUROCOMP_INLINE uint8_t* keys_at(size_t lane, size_t head) const {
        return keys + place(lane, head) * num_groups * group_inputs;
    }
    NEUROCOMP_INLINE int8_t* values_at(size_t lane, size_t head) const {
        return values + place(lane, head) * num_strips * strip_outputs;
    }
};

// Where one thread attends: exact/packed.hpp.
struct PackedScratch {
    size_t num_rows;
    int16_t* queries;  // (2, rows, width): as the window sees them, as the sinks do
    uint8_t* rows;     // the same, packed
    int32_t* sums;     // (2, rows)
    int32_t* scores;   // (rows, slots)
    uint8_t* factors;  // (rows, 2, slots)
    int32_t* mixed;    // (rows, 32)
};

// Queries of one lane that share the keys of a head: those of `num_queries` of its heads from
// `first_query` on, at `num_steps` steps from `first_step` on.
struct QueryBlock {
    size_t lane;
    size_t head;
    size_t first_query;
    size_t num_queries;
    size_t first_step;
    size_t num_steps;
};

// See the functions of the same names in exact/*_impl.hpp.
struct Kernels {
    void (*quantise_row)(const int64_t* weights, size_t size, int32_t* out);
    void (*frequencies_of_logits)(const int32_t* logits, size_t size, const int32_t* exp2,
                                  int32_t* out);
    void (*add_shares)(const int32_t* shares, size_t size, int64_t mass, int shift,
                       int64_t* weights);
    int64_t (*sum)(const int32_t* values, size_t size);
    int32_t (*minimum)(const int32_t* values, size_t size);
    int64_t (*count_equal)(const uint8_t* values, size_t size, uint8_t wanted);

    void (*quantise_rows)(Matrix<const int32_t> values, const int32_t* gain, int64_t limit,
                          Matrix<int16_t> out, int64_t* mantissas, int64_t* exponents);
    void (*centre_rows)(Matrix<const int32_t> values, Matrix<int32_t> out);
    void (*divide_by_norms)(Matrix<const int32_t> values, int64_t epsilon, int64_t* mantissas,
                            int64_t* exponents);
    void (*normalise_heads)(Matrix<int32_t> values, const int32_t* gain, size_t head_width,
                            int64_t epsilon, int shift);
    void (*activate_rows)(Matrix<int32_t> values, const int32_t* table, bool saturates);
    void (*gate_rows)(Matrix<int32_t> gates, Matrix<const int32_t> values, int64_t clip);
    void (*rotate_rows)(Matrix<int32_t> values, size_t head_width, const int16_t* cosines,
                        const int16_t* sines, size_t start, size_t num_steps);
    void (*add_rows)(Matrix<int32_t> values, Matrix<const int32_t> increments, int64_t clip);
    void (*recur)(Matrix<int32_t> states, Matrix<const int32_t> gates,
                  Matrix<const int32_t> candidates, const int32_t* table);
    void (*square_rows)(Matrix<int32_t> values, int64_t clip);

    void (*apply_linear)(const LinearParts& layer, Matrix<const int16_t> rows,
                         const int64_t* mantissas, const int64_t* exponents, Matrix<int32_t> out);

    void (*store_heads)(Matrix<const int32_t> values, size_t start, const Cache<int16_t>& cache);
    void (*attend)(Matrix<const int32_t> queries, const Cache<const int16_t>& keys,
                   const Cache<const int16_t>& values, size_t start, const AttentionScale& scale,
                   const int32_t* exp2, const Sight* sight, const AttentionScratch& scratch,
                   Matrix<int32_t> out);
    void (*store_window)(Matrix<const int32_t> values, size_t start, const Window& window,
                         const ByteCache& cache);
    void (*attend_window)(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                          const ByteCache& keys, const ByteCache& values, size_t start,
                          const Window& window, const AttentionScale& scale, const int32_t* exp2,
                          const WindowScratch& scratch, Matrix<int32_t> out);

    void (*pack_rows)(Matrix<const int16_t> rows, bool is_wide, size_t first,
                      const PackedRows& out);
    void (*apply_strips)(const PackedParts& layer, const PackedRows& rows, size_t first,
                         size_t last, Matrix<int32_t> out);
    void (*add_strips)(const PackedParts& layer, const PackedRows& rows, size_t first, size_t last,
                       Matrix<int32_t> out);
    void (*store_packed)(Matrix<const int32_t> keys, Matrix<const int32_t> values, size_t first,
                         size_t last, size_t start, const Window& window, const PackedCache& cache);
    void (*attend_packed)(Matrix<const int32_t> queries, Matrix<const int32_t> far_queries,
                          const PackedCache& cache, const QueryBlock& block, size_t start,
                          const Window& window, const AttentionScale& scale, const int32_t* exp2,
                          const PackedScratch& scratch, Matrix<int32_t> out);
};

// The ones for this processor: see base/processor.hpp.
const Kernels& kernels();

extern const Kernels baseline_kernels;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels avx2_kernels;
extern const Kernels avx512vnni_kernels;
#endif

}  // namespace neurocomp::exact
