// Products of bytes with AMX: 16 rows times 16 outputs of 64 inputs at a time.
//
// Tile registers belong to a thread, and the system saves them when it turns to another: they are
// held while one layer's products are made, and are then let go.
#pragma once

#include <immintrin.h>

#include "base/integers.hpp"
#include "products/x86.hpp"

namespace neurocomp::products {

namespace {

// Has what was written before read by what follows: the compiler's header does not say what
// instructions of tiles read.
NEUROCOMP_INLINE void let_tiles_read(const void* from) {
    __asm__ volatile("" : : "r"(from) : "memory");
}

class AmxProducts {
   public:
    explicit AmxProducts(const Rows& rows) : rows_(rows), few_(rows) {
        if (rows.num_rows < least_rows) return;
        take_shapes(smaller(rows.num_rows, most_rows));
    }
    AmxProducts(const AmxProducts&) = delete;
    AmxProducts& operator=(const AmxProducts&) = delete;
    ~AmxProducts() {
        if (rows_taken_ > 0) _tile_release();
    }

    void strip(size_t row, size_t count, const int8_t* weights, const int32_t* offsets,
               int32_t* out) {
        if (rows_taken_ == 0) {
            few_.strip(row, count, weights, offsets, out);
            return;
        }
        while (count > 0) {
            const size_t taken = smaller(count, most_rows);
            if (taken != rows_taken_) take_shapes(taken);
            if (taken > tile_rows) {
                multiply<true>(row, weights, offsets, out);
            } else {
                multiply<false>(row, weights, offsets, out);
            }
            row += taken;
            count -= taken;
            out += taken * sums_stride;
        }
    }

   private:
    static constexpr size_t tile_rows = 16;
    static constexpr size_t most_rows = 2 * tile_rows;
    // Fewer are done sooner without tiles, which wait for weights as well.
    static constexpr size_t least_rows = 6;
    static constexpr int tile_groups = 16;
    static constexpr size_t row_bytes = 64;  // of a tile

    struct alignas(64) Shapes {
        uint8_t palette = 1;
        uint8_t start_row = 0;
        uint8_t reserved[14] = {};
        uint16_t row_bytes[16] = {};
        uint8_t num_rows[16] = {};
    };
    static_assert(sizeof(Shapes) == 64);

    // Tiles 0 to 3: sums of the first 16 rows, of the rows after them.  4, 5: those rows' inputs.
    // 6, 7: weights.
    void take_shapes(size_t num_rows) {
        Shapes shapes;
        for (size_t tile = 0; tile < 8; ++tile) {
            const bool second = tile == 2 || tile == 3 || tile == 5;
            const size_t first = smaller(num_rows, tile_rows);
            const size_t count = tile >= 6 ? tile_rows : second ? num_rows - first : first;
            shapes.num_rows[tile] = static_cast<uint8_t>(count);
            shapes.row_bytes[tile] = count == 0 ? 0 : row_bytes;
        }
        let_tiles_read(&shapes);
        _tile_loadconfig(&shapes);
        rows_taken_ = num_rows;
    }

    template <bool two>
    void multiply(size_t row, const int8_t* weights, const int32_t* offsets, int32_t* out) const {
        const uint8_t* from = rows_.bytes + row * rows_.stride;
        const size_t stride = rows_.stride;
        let_tiles_read(from);
        // Rows that lie no byte apart are all the same.
        _tile_loadd(0, offsets, 0);
        _tile_loadd(1, offsets + tile_rows, 0);
        if constexpr (two) {
            _tile_loadd(2, offsets, 0);
            _tile_loadd(3, offsets + tile_rows, 0);
        }
        int left = rows_.num_groups;
        for (; left >= tile_groups; left -= tile_groups) {
            add_products<two>(from, stride, weights);
            from += row_bytes;
            weights += ptrdiff_t{tile_groups} * group_bytes;
        }
        if (left > 0) add_last<two>(from, static_cast<size_t>(left), weights);
        _tile_stored(0, out, sums_stride * sizeof(int32_t));
        _tile_stored(1, out + tile_rows, sums_stride * sizeof(int32_t));
        if constexpr (two) {
            int32_t* const second = out + tile_rows * sums_stride;
            _tile_stored(2, second, sums_stride * sizeof(int32_t));
            _tile_stored(3, second + tile_rows, sums_stride * sizeof(int32_t));
        }
    }

    template <bool two>
    static NEUROCOMP_INLINE void add_products(const uint8_t* from, size_t stride,
                                              const int8_t* weights) {
        _tile_loadd(6, weights, group_bytes);
        _tile_loadd(4, from, stride);
        _tile_dpbusd(0, 4, 6);
        _tile_loadd(7, weights + row_bytes, group_bytes);
        _tile_dpbusd(1, 4, 7);
        if constexpr (two) {
            _tile_loadd(5, from + tile_rows * stride, stride);
            _tile_dpbusd(2, 5, 6);
            _tile_dpbusd(3, 5, 7);
        }
    }

    // The last groups, fewer than a tile has: with zeros after them.
    template <bool two>
    void add_last(const uint8_t* from, size_t num_groups, const int8_t* weights) const {
        alignas(64) uint8_t inputs[most_rows * row_bytes] = {};
        alignas(64) int8_t last_weights[tile_groups * group_bytes] = {};
        for (size_t m = 0; m < rows_taken_; ++m) {
            std::memcpy(inputs + m * row_bytes, from + m * rows_.stride, num_groups * group_inputs);
        }
        std::memcpy(last_weights, weights, num_groups * group_bytes);
        let_tiles_read(inputs);
        let_tiles_read(last_weights);
        add_products<two>(inputs, row_bytes, last_weights);
        let_tiles_read(inputs);  // and not before these are no more
    }

    Rows rows_;
    Avx512VnniProducts few_;
    size_t rows_taken_ = 0;  // that the tiles' shapes are for; 0 without tiles
};

}  // namespace

}  // namespace neurocomp::products
