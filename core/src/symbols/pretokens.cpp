#include "symbols/pretokens.hpp"

namespace neurocomp::symbols {

namespace {

// Length of 's, 't, 'm, 'd, 're, 've or 'll at `start`, or 0.
size_t contraction(const uint32_t* codes, size_t size, size_t start) {
    if (codes[start] != U'\'' || start + 1 >= size) return 0;
    const uint32_t first = codes[start + 1];
    if (first == U's' || first == U't' || first == U'm' || first == U'd') return 2;
    if (start + 2 >= size) return 0;
    const uint32_t second = codes[start + 2];
    if ((first == U'r' || first == U'v') && second == U'e') return 3;
    return first == U'l' && second == U'l' ? 3 : 0;
}

}  // namespace

size_t find_word_ends(const uint32_t* codes, const uint8_t* classes, size_t size, int64_t* ends) {
    constexpr auto space = static_cast<uint8_t>(CharacterClass::space);
    size_t num_words = 0;
    size_t start = 0;
    while (start < size) {
        size_t stop = start + contraction(codes, size, start);
        if (stop == start) {
            size_t first = start;
            if (codes[start] == U' ' && start + 1 < size) first = start + 1;
            if (classes[first] == space) first = start;
            stop = first + 1;
            while (stop < size && classes[stop] == classes[first]) ++stop;
            // The last of several spaces belongs to the word after them.
            if (classes[first] == space && stop < size && stop - start > 1) --stop;
        }
        ends[num_words++] = static_cast<int64_t>(stop);
        start = stop;
    }
    return num_words;
}

}  // namespace neurocomp::symbols
