// Rows of a network's step, and the states of its lanes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/memory.hpp"
#include "network/network.hpp"

namespace neurocomp::network {

// A row's scale: it stands for its integers times mantissa * 2**exponent; and how the layer that it
// goes into rounds its outputs.
struct RowScale {
    int64_t mantissa = 0;
    int exponent = 0;
    int away = 0;       // bits that outputs are shifted right by
    int64_t half = 0;   // half of 2**away
    bool fits = false;  // outputs fit 32 bits before they are clamped
};

// Lanes of a network: what each has read, and the states of its blocks.  A step takes in the last
// byte of some lanes and weighs their next ones.  No matrix leads from the states to the gates, so
// where bytes are known beforehand many of a lane's positions are rows of one step.
class Lanes {
   public:
    // Lanes that have read nothing but separators, and room for steps of `max_rows` rows.
    // Throws std::bad_alloc.
    Lanes(const Network& network, size_t num_lanes, size_t max_rows);

    // Weighs the next byte of the lanes `active`, one row each.  Rows are in this order.
    void step(const uint32_t* active, size_t num_active);
    // Weighs `count` next bytes of each of these lanes, which then have read them; data[i] are those
    // of active[i].  Rows of a lane are side by side.
    void step_ahead(const uint32_t* active, size_t num_active, const uint8_t* const* data,
                    size_t count);
    // What the last step weighed: powers of 2 of 1 .. 2**30, of 256 bytes.
    const int32_t* weights(size_t row) const { return weights_.data() + row * alphabet_size; }

    // Appends a byte to what a lane has read.
    void read(size_t lane, uint8_t byte);
    // Lets lane 0 read bytes, one after the other, and all other lanes be as it is.
    void read_everywhere(const uint8_t* data, size_t num_bytes);

    size_t max_rows() const { return max_rows_; }

   private:
    friend struct Step;

    uint8_t* window(size_t lane);
    void run(const uint32_t* active, size_t num_active, size_t rows_each, bool with_head);

    const Network& network_;
    size_t num_lanes_;
    size_t max_rows_;
    size_t sum_width_;            // of rows of sums: those of the widest layer
    Array<uint8_t> windows_;      // (lanes, context): the last bytes, the latest first
    Array<int32_t> states_;       // (blocks, lanes, width)
    Array<uint8_t> row_windows_;  // (rows, context)
    Array<int32_t> weights_;      // (rows, 256)
    Array<int32_t> stream_;       // (rows, width)
    Array<int32_t> sums_;         // (rows, sum_width)
    Array<int32_t> opened_;       // (rows, width)
    Array<uint8_t> narrow_;       // (rows, width or inner width): activations of 8 bits
    std::vector<RowScale> scales_;
};

// A step's place in memory, as kernels take it.
struct Step {
    Step(Lanes& lanes, const uint32_t* active, size_t num_active, size_t rows_each, bool with_head);

    const Network& network;
    const uint32_t* active;
    size_t num_active;
    size_t rows_each;
    bool with_head;
    size_t num_lanes;
    size_t sum_width;
    const uint8_t* windows;
    int32_t* states;
    int32_t* weights;
    int32_t* stream;
    int32_t* sums;
    int32_t* opened;
    uint8_t* narrow;
    RowScale* scales;
};

// Runs all layers on a step's rows.
using RunStep = void (*)(const Step& step);

// The one for this processor: see base/processor.hpp.
RunStep step_kernel();

void run_step_baseline(const Step& step);
#if defined(__x86_64__) || defined(_M_X64)
void run_step_avx2(const Step& step);
void run_step_avxvnni(const Step& step);
void run_step_avx512vnni(const Step& step);
#ifdef NEUROCOMP_AMX
void run_step_amx(const Step& step);
#endif
#elif defined(__aarch64__)
void run_step_dotprod(const Step& step);
#endif

}  // namespace neurocomp::network
