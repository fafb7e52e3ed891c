// How the work of a step is cut into pieces for the threads of a team.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/team.hpp"

namespace neurocomp::language {

// Fewer rows than that are not worth sharing.
inline constexpr size_t rows_of_piece = 4;

// Has work(first, last, member) done for all rows.
template <typename Work>
void share_rows(Team& team, size_t num_rows, const Work& work) {
    const size_t num_pieces = (num_rows + rows_of_piece - 1) / rows_of_piece;
    team.share(num_pieces, [&](size_t piece, size_t member) {
        const size_t first = piece * rows_of_piece;
        work(first, std::min(first + rows_of_piece, num_rows), member);
    });
}

// Has work(first, last) done for all strips.
template <typename Work>
void share_strips(Team& team, size_t num_strips, const Work& work) {
    // Several for each thread, so that none waits long for another.
    const size_t wanted = team.num_members() == 1 ? 1 : 6 * team.num_members();
    const size_t num_pieces = std::min(num_strips, wanted);
    team.share(num_pieces, [&](size_t piece, size_t) {
        work(num_strips * piece / num_pieces, num_strips * (piece + 1) / num_pieces);
    });
}

}  // namespace neurocomp::language
