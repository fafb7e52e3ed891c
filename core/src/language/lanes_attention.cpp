// Attention of lanes: positions as rotations, and queries over the windows' keys and values.
#include <algorithm>

#include "base/integers.hpp"
#include "exact/scaling.hpp"
#include "language/sharing.hpp"
#include "language/transformer.hpp"

namespace neurocomp::language {

using exact::Matrix;
using exact::to_read;

// Cosines and sines of the steps' positions, none beyond `last`.
void Lanes::write_rotations(size_t first, std::vector<int16_t>& cosines,
                            std::vector<int16_t>& sines, size_t last) const {
    constexpr int shift = 2 * exact::turn_bits - exact::rotation_bits;
    const size_t pairs = transformer_.shape.head_width / 2;
    const size_t size = exact::turn_positions * pairs;
    for (size_t step = 0; step < num_steps_; ++step) {
        const size_t position = std::min(first + step, last);
        const int32_t* const near = transformer_.turns + position % exact::turn_positions * pairs;
        const int32_t* const far =
            transformer_.turns + 2 * size + position / exact::turn_positions * pairs;
        for (size_t i = 0; i < pairs; ++i) {
            const int64_t x = near[i], y = near[size + i], c = far[i], s = far[size + i];
            const size_t place = step * pairs + i;
            cosines[place] = static_cast<int16_t>((c * x - s * y + half_of(shift)) >> shift);
            sines[place] = static_cast<int16_t>((c * y + s * x + half_of(shift)) >> shift);
        }
    }
}

// Normalises and rotates queries and keys of some rows, all of which are of whole lanes' steps.
void Lanes::rotate(const Block& block, Matrix<int32_t> attended, size_t first, size_t last) {
    const exact::Kernels& all = exact::kernels();
    const Shape& shape = transformer_.shape;
    const size_t query_width = shape.query_width(), key_width = shape.key_width();
    const size_t pairs = shape.head_width / 2;
    for (size_t m = first; m < last; ++m) {
        const auto part = [&](size_t begin, size_t count) {
            return Matrix<int32_t>{attended.row(m) + begin, 1, count, 0};
        };
        const Matrix<int32_t> queries = part(0, query_width), keys = part(query_width, key_width);
        const auto normalise = [&](Matrix<int32_t> heads, const HeadNorm& norm) {
            if (norm.gain == nullptr) return;
            all.normalise_heads(heads, norm.gain, norm.width, norm.epsilon, norm.shift);
        };
        normalise(queries, block.query_norm);
        normalise(keys, block.key_norm);
        if (!block.rotates) continue;
        const size_t turn = m % num_steps_ * pairs;
        const Matrix<int32_t> far = {far_.data() + m * query_width, 1, query_width, 0};
        std::copy_n(queries.data, query_width, far.data);
        all.rotate_rows(far, shape.head_width, far_cosines_.data() + turn, far_sines_.data() + turn,
                        0, 1);
        for (const Matrix<int32_t>& one : {queries, keys}) {
            all.rotate_rows(one, shape.head_width, near_cosines_.data() + turn,
                            near_sines_.data() + turn, 0, 1);
        }
    }
}

void Lanes::attend(const Block& block, const exact::PackedCache& cache) {
    const Shape& shape = transformer_.shape;
    const size_t query_width = shape.query_width(), key_width = shape.key_width();
    const size_t attended_width = query_width + 2 * key_width;
    const Matrix<int32_t> attended = columns(attended_, attended_width, 0, attended_width);
    const auto part = [&](size_t first, size_t count) {
        return to_read(columns(attended_, attended_width, first, count));
    };
    share_rows(team_, num_rows_, [&](size_t first, size_t last, size_t) {
        rotate(block, attended, first, last);
        exact::kernels().store_packed(part(query_width, key_width),
                                      part(query_width + key_width, key_width), first, last,
                                      position_, window_, cache);
    });
    const Matrix<const int32_t> near = part(0, query_width);
    const Matrix<const int32_t> far =
        block.rotates ? to_read(columns(far_, query_width, 0, query_width)) : near;
    const Matrix<int32_t> mixed = columns(mixed_, query_width, 0, query_width);

    // Queries that share a key are taken together, unless threads would be left without any.
    const size_t group = shape.num_heads / shape.num_key_heads;
    const size_t num_heads = num_lanes_ * shape.num_key_heads;
    const bool few = num_heads * num_steps_ < 4 * team_.num_members();
    const size_t width = few && team_.num_members() > 1 ? 1 : std::min(group, most_queries);
    const size_t steps = std::max<size_t>(most_queries / width, 1);
    const size_t num_parts = (group + width - 1) / width;
    const size_t num_spans = (num_steps_ + steps - 1) / steps;
    team_.share(num_heads * num_parts * num_spans, [&](size_t piece, size_t member) {
        const size_t head = piece / (num_parts * num_spans);
        const size_t rest = piece % (num_parts * num_spans);
        const size_t first_query = rest / num_spans * width;
        const size_t first_step = rest % num_spans * steps;
        const exact::QueryBlock queries = {head / shape.num_key_heads,
                                           head % shape.num_key_heads,
                                           first_query,
                                           std::min(width, group - first_query),
                                           first_step,
                                           std::min(steps, num_steps_ - first_step)};
        exact::kernels().attend_packed(near, far, cache, queries, position_, window_,
                                       block.attention, transformer_.exp2,
                                       scratch_[member].attention.scratch(), mixed);
    });
}

}  // namespace neurocomp::language
