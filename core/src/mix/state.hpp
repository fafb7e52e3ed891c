// Everything that the mixture remembers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory.hpp"
#include "mix/layout.hpp"
#include "mix/tables.hpp"

namespace neurocomp::mix {

// What text has taught the mixers beside a network: the arrays of `Tables` of the same names, in
// the order that files have.
struct Experience {
    const int32_t* weights;        // (num_rows, num_inputs)
    const int32_t* final_weights;  // (num_final_rows, num_sets)
    const uint32_t* history_maps;  // (num_contexts, num_histories)
    const uint32_t* order0_map;    // (256,)
    const uint32_t* match_maps;    // (num_matches, match_steps)
};

// What lanes share.  Sizes depend on the block's only: the slots take 256 to 640 bytes for each of
// its bytes, at most 128 MiB; the rest takes about 12 MB, of which the final maps have huge pages:
// even a short block touches most of their small ones.
//
// Adaptive probabilities ("maps") have 22 bits of probability and a 10-bit count.
struct Tables {
    // The mixture before the first bit of a block.  Throws std::bad_alloc.
    Tables(size_t num_bytes, bool with_network);
    // As `other` is, with room for a block of so many bytes, for which its tables have the size.
    Tables(const Tables& other, size_t num_bytes);

    void take(const Experience& experience);
    // Lets the mixers begin nearly all on the network, which is a language model.
    void trust_network();
    // Lets the maps learn as quickly as after so few bits.
    void limit_counts(uint32_t limit);

    // Weights in the order that files have.
    void store_weights(int32_t* out, int32_t* out_final) const;

    const Constants& constants;
    size_t block_bytes;
    uint64_t line_mask;  // cache lines of slots - 1
    uint64_t head_mask;  // heads of a match - 1

    Array<uint8_t> history;        // the finished bytes
    Array<uint8_t> slots;          // four a cache line: a check byte and 15 bit histories each
    Array<uint32_t> history_maps;  // P(1) after each bit history of each context
    Array<uint32_t> order0_map;    // P(1) after the bits of this byte
    Array<uint32_t> followers;     // the last four bytes after a byte (256), after a pair (65536)
    Array<int32_t> match_heads;    // for each match, positions after what was hashed
    Array<uint32_t> match_maps;    // P(the expected bit comes), by the length of the match
    Array<int32_t> weights;        // rows of num_inputs; 65536 is 1
    Array<int32_t> final_weights;  // rows of final_width; 65536 is 1
    Array<uint16_t> apms;          // probabilities, each xor'ed with apm_first of its point
    uint16_t apm_first[apm_points];

   private:
    void set_weights(int32_t context, int32_t match, int32_t network, int32_t final_weight);
};

// How many cache lines of slots, and heads of each match, a block's tables have.
struct TableSizes {
    uint64_t num_lines;
    uint64_t num_heads;
    bool operator==(const TableSizes&) const = default;
};
TableSizes table_sizes(size_t block_bytes);

struct Match {
    int64_t pointer = 0;      // position of the expected byte
    int64_t length = 0;       // bytes matched, 0 without a match
    uint32_t expected = 0;    // 256 + expected byte while the current byte agrees with it, else 0
    int32_t prediction = -1;  // 2 * step + expected bit, -1 without one
};

// How quickly mixers learn.
struct Pace {
    int32_t least_rate;  // of the sets of weights
    int32_t more_rate;   // on top of it in the first bytes
    int final_shift;     // by which the final mixers' steps are shifted right
};

// A place of the block that advances: what each lane has of its own.
struct Lane {
    // One of `count` lanes, which begins at position `first` of the block.
    Lane(Profile which, bool network, bool has_learnt, int64_t first, int64_t count);

    Profile profile;
    bool with_network;
    Pace pace;
    int64_t start;      // position of its first byte in the block
    int64_t num_lanes;  // that share the tables

    int64_t position;       // of the current byte in the history
    uint32_t partial = 1;   // a one, then the bits of the current byte seen so far: 1 .. 255
    uint32_t num_bits = 0;  // how many these are: 0 .. 7
    uint32_t node = 1;      // the same for the current nibble: 1 .. 15

    // text
    uint64_t word = 0;         // hash of the letters since the last other byte, 0 for none
    uint64_t last_word = 0;    // of the word before that
    uint64_t word_before = 0;  // and of the one before it
    int64_t line_start = 0;    // position of the current line
    int64_t line_above = 0;    // of the line before it
    uint32_t classes = 0;      // of the last eight bytes, three bits each

    // records
    int64_t record = 0;              // bytes of a record, 0 while unknown
    int64_t last_seen[256][2] = {};  // position of a byte's last occurrence, gap before it
    int32_t votes[max_record] = {};  // for each length

    // contexts
    uint64_t hashes[num_contexts];  // of the current byte
    uint64_t nodes[num_contexts];   // where each context's slot is, past its check byte
    // Entries of history_maps that the next bit trains; vectors of them are written.
    alignas(64) uint32_t history_index[num_sources] = {};
    uint32_t order = 0;  // contexts of rising order that have been seen before

    // matches
    Match matches[num_matches];
    uint32_t expected = 0;      // 256 + byte expected by the longest match, or 0
    uint32_t match_length = 0;  // its length in steps, 1 .. 15, or 0

    // network
    uint32_t foreseen = 0;   // 256 + byte that it expects, or 0
    int64_t tree[512] = {};  // weights of the bytes, sums of subtrees before them

    // mixers and final maps
    alignas(64) int32_t inputs[num_inputs] = {};
    uint32_t rows[num_sets] = {};
    uint32_t final_rows[num_finals] = {};
    alignas(64) int32_t outputs[final_width] = {};        // log odds of the sets
    alignas(64) int32_t probabilities[final_width] = {};  // the same, squashed
    int32_t finals[num_finals] = {};
    int32_t mixed = 0;
    int32_t rate = 0;
    uint32_t apm_index[num_apms] = {};
    uint32_t apm_point[num_apms] = {};
};

}  // namespace neurocomp::mix
