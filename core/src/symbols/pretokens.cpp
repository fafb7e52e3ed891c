#include "symbols/pretokens.hpp"

namespace neurocomp::symbols {

namespace {

constexpr auto sign = static_cast<uint8_t>(CharacterClass::sign);
constexpr auto letter = static_cast<uint8_t>(CharacterClass::letter);
constexpr auto number = static_cast<uint8_t>(CharacterClass::number);
constexpr auto space = static_cast<uint8_t>(CharacterClass::space);

constexpr uint32_t to_lower(uint32_t code) {
    return code >= U'A' && code <= U'Z' ? code + 32 : code;
}

bool is_line_end(uint32_t code) { return code == U'\n' || code == U'\r'; }

// Length of 's, 't, 'm, 'd, 're, 've or 'll at `start`, or 0.
template <bool any_case>
size_t contraction(const uint32_t* codes, size_t size, size_t start) {
    const auto at = [&](size_t i) { return any_case ? to_lower(codes[i]) : codes[i]; };
    if (codes[start] != U'\'' || start + 1 >= size) return 0;
    const uint32_t first = at(start + 1);
    if (first == U's' || first == U't' || first == U'm' || first == U'd') return 2;
    if (start + 2 >= size) return 0;
    const uint32_t second = at(start + 2);
    if ((first == U'r' || first == U'v') && second == U'e') return 3;
    return first == U'l' && second == U'l' ? 3 : 0;
}

// Where the characters of the class at `start` stop.
size_t end_of_run(const uint8_t* classes, size_t size, size_t start) {
    size_t stop = start + 1;
    while (stop < size && classes[stop] == classes[start]) ++stop;
    return stop;
}

// The last of several spaces belongs to the word after them.
size_t end_of_spaces(const uint8_t* classes, size_t size, size_t start) {
    const size_t stop = end_of_run(classes, size, start);
    return stop < size && stop - start > 1 ? stop - 1 : stop;
}

size_t end_of_gpt2_word(const uint32_t* codes, const uint8_t* classes, size_t size, size_t start) {
    if (const size_t length = contraction<false>(codes, size, start)) return start + length;
    size_t first = start;
    if (codes[start] == U' ' && start + 1 < size) first = start + 1;
    if (classes[first] == space) return end_of_spaces(classes, size, start);
    return end_of_run(classes, size, first);
}

template <size_t max_digits>
size_t end_of_newer_word(const uint32_t* codes, const uint8_t* classes, size_t size, size_t start) {
    if (const size_t length = contraction<true>(codes, size, start)) return start + length;
    if (classes[start] == letter) return end_of_run(classes, size, start);
    const bool has_next = start + 1 < size;
    if (classes[start] != number && !is_line_end(codes[start]) && has_next &&
        classes[start + 1] == letter) {
        return end_of_run(classes, size, start + 1);
    }
    if (classes[start] == number) {
        const size_t stop = end_of_run(classes, size, start);
        return stop - start > max_digits ? start + max_digits : stop;
    }
    const size_t first = codes[start] == U' ' && has_next ? start + 1 : start;
    if (classes[first] == sign) {
        size_t stop = end_of_run(classes, size, first);
        while (stop < size && is_line_end(codes[stop])) ++stop;
        return stop;
    }
    for (size_t stop = end_of_run(classes, size, start); stop > start; --stop) {
        if (is_line_end(codes[stop - 1])) return stop;
    }
    return end_of_spaces(classes, size, start);
}

}  // namespace

size_t find_word_ends(Rule rule, const uint32_t* codes, const uint8_t* classes, size_t size,
                      int64_t* ends) {
    size_t num_words = 0;
    size_t start = 0;
    size_t piece_end = size;  // of what lies between two digits
    if (rule == Rule::digits) piece_end = 0;
    while (start < size) {
        size_t stop = 0;
        switch (rule) {
            case Rule::triples:
                stop = end_of_newer_word<3>(codes, classes, size, start);
                break;
            case Rule::singles:
                stop = end_of_newer_word<1>(codes, classes, size, start);
                break;
            case Rule::digits:
                if (classes[start] == number) {
                    stop = start + 1;
                    break;
                }
                if (piece_end <= start) {
                    piece_end = start + 1;
                    while (piece_end < size && classes[piece_end] != number) ++piece_end;
                }
                [[fallthrough]];
            default:
                stop = end_of_gpt2_word(codes, classes, piece_end, start);
        }
        ends[num_words++] = static_cast<int64_t>(stop);
        start = stop;
    }
    return num_words;
}

}  // namespace neurocomp::symbols
