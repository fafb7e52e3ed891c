// The contexts of a byte: one 64-bit hash each.  Included by kernels.hpp only.
#pragma once

#include "mix/hashing.hpp"

namespace neurocomp::mix {

namespace {

constexpr uint32_t newline = 10;
constexpr uint32_t space = 32;

constexpr NEUROCOMP_INLINE uint32_t lower_case(uint32_t byte) {
    return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

// Letters of ASCII; every byte of a longer UTF-8 character counts as one.
constexpr NEUROCOMP_INLINE bool is_letter(uint32_t byte) {
    const uint32_t small = lower_case(byte);
    return (small >= 'a' && small <= 'z') || byte >= 128;
}

// 0 small letter, 1 capital, 2 space, 3 newline, 4 digit, 5 control, 6 punctuation between words,
// 7 any other.  Characters of several bytes: the first is of kind 7, the others of 0.
constexpr NEUROCOMP_INLINE uint32_t class_of(uint32_t byte) {
    if (byte >= 192) return 7;
    if (is_letter(byte)) return byte != lower_case(byte) ? 1 : 0;
    if (byte == space) return 2;
    if (byte == newline) return 3;
    if (byte >= '0' && byte <= '9') return 4;
    if (byte < space) return 5;
    switch (byte) {
        case ',':
        case '.':
        case ';':
        case ':':
        case '!':
        case '?':
            return 6;
        default:
            return 7;
    }
}

// Takes the last finished byte into the words, the line and the classes.
NEUROCOMP_INLINE void follow_text(Lane& lane, uint32_t byte) {
    if (is_letter(byte)) {
        lane.word = combine(lane.word + 1, lower_case(byte));
    } else if (lane.word != 0) {
        lane.word_before = lane.last_word;
        lane.last_word = lane.word;
        lane.word = 0;
    }
    lane.classes = ((lane.classes << 3) | class_of(byte)) & 0xFFFFFF;
    if (byte == newline) {
        lane.line_above = lane.line_start;
        lane.line_start = lane.position;
    }
}

// Lets the last finished byte vote for the length of records: a value that comes twice with the same
// gap votes for that gap.  Votes are halved from time to time; the most of them win.
NEUROCOMP_INLINE void follow_records(Lane& lane, uint32_t byte) {
    constexpr int64_t halving_bytes = 4096;
    int64_t (&seen)[2] = lane.last_seen[byte];
    const int64_t gap = lane.position - seen[0];
    if (gap == seen[1] && gap > 2 && gap < max_record) {
        const int32_t votes = ++lane.votes[gap];
        if (votes > lane.votes[lane.record]) lane.record = gap;
    }
    seen[1] = gap;
    seen[0] = lane.position;
    if (lane.position % halving_bytes == 0) {
        for (int32_t& votes : lane.votes) votes >>= 1;
    }
}

// Place within the record, 0 while its length is unknown.
NEUROCOMP_INLINE int64_t record_column(const Lane& lane) {
    return lane.record > 0 ? lane.position % lane.record : 0;
}

// Notes the last byte as successor of the one before it, and of the two before it.
NEUROCOMP_INLINE void follow_successors(Tables& tables, uint64_t recent) {
    const auto byte = static_cast<uint32_t>(recent & 255);
    uint32_t& after_one = tables.followers[(recent >> 8) & 255];
    uint32_t& after_two = tables.followers[256 + ((recent >> 8) & 0xFFFF)];
    after_one = after_one << 8 | byte;
    after_two = after_two << 8 | byte;
}

// The lowest `num_bytes` < 8 of the recent bytes.
constexpr NEUROCOMP_INLINE uint64_t last_bytes(uint64_t recent, int num_bytes) {
    return recent & ((uint64_t{1} << (8 * num_bytes)) - 1);
}

NEUROCOMP_INLINE void set_text_contexts(const Tables& tables, Lane& lane, uint64_t recent) {
    uint64_t* out = lane.hashes;
    const uint64_t last = recent & 255;
    const uint64_t pair = recent & 0xFFFF;
    const uint64_t word = lane.word;
    // Bytes since the last newline, and the byte in this column of the line above: a newline past
    // that line's end.
    const auto column = smaller<int64_t>(lane.position - lane.line_start, 255);
    const int64_t place_above = lane.line_above + column;
    const uint64_t above = place_above < lane.line_start ? byte_at(tables, place_above) : newline;
    const uint64_t record_above = byte_at(tables, lane.position - lane.record);
    const uint64_t after_one = tables.followers[last] & 0xFFFF;
    const uint64_t after_two = tables.followers[256 + pair] & 0xFFFF;
    for (int order = 1; order < 7; ++order) {
        out[order - 1] = combine(static_cast<uint64_t>(order), last_bytes(recent, order));
    }
    out[6] = combine(7, recent);
    out[7] = combine(word + 8, 8);
    out[8] = combine(combine(word + 9, lane.last_word), last);
    out[9] = combine(combine(word + 10, lane.word_before), lane.last_word);
    out[10] = combine(word + 11, lane.word_before);
    out[11] = combine(12, recent & 0xFFFF00);
    out[12] = combine(13, recent & 0xFFFFFF00);
    out[13] = combine(14, recent & 0xF0F0F0FF);
    out[14] = combine(15, last | after_one << 8);
    out[15] = combine(16, pair | after_two << 16);
    out[16] = combine(combine(17, above | last << 8), static_cast<uint64_t>(column));
    out[17] = combine(combine(18, above), word);
    out[18] = combine(19, record_above | last << 8 | static_cast<uint64_t>(lane.record) << 16);
    out[19] = combine(combine(20, lane.classes), last);
}

NEUROCOMP_INLINE void set_binary_contexts(const Tables& tables, Lane& lane, uint64_t recent) {
    uint64_t* out = lane.hashes;
    const int64_t position = lane.position;
    const int64_t record = lane.record;
    const uint64_t last = recent & 255;
    const uint64_t pair = recent & 0xFFFF;
    const uint64_t above = byte_at(tables, position - record);
    const uint64_t two_above = byte_at(tables, position - 2 * record);
    const uint64_t above_left = byte_at(tables, position - record - 1);
    const uint64_t above_right = record > 1 ? byte_at(tables, position - record + 1) : 0;
    const auto place = static_cast<uint64_t>(record_column(lane));
    const uint64_t after_two = tables.followers[256 + pair] & 0xFFFF;
    for (int order = 1; order < 5; ++order) {
        out[order - 1] = combine(static_cast<uint64_t>(order), last_bytes(recent, order));
    }
    out[4] = combine(5, last_bytes(recent, 6));
    out[5] = combine(6, recent & 0xFF00);
    out[6] = combine(7, recent & 0xFF0000);
    out[7] = combine(8, recent & 0xFFFF00);
    out[8] = combine(9, recent & 0xFF00FF);
    out[9] = combine(10, recent & 0xFF000000);
    out[10] = combine(11, recent & 0xF0F0F0F0);
    out[11] = combine(12, above | place << 8);
    out[12] = combine(13, above | last << 8);
    out[13] = combine(14, above | two_above << 8);
    out[14] = combine(15, last | place << 8);
    out[15] = combine(16, above | last << 8 | above_left << 16);
    out[16] = combine(17, (above + last - above_left) & 255);
    out[17] = combine(18, place);
    out[18] = combine(19, above | above_right << 8 | last << 16);
    out[19] = combine(20, pair | after_two << 16);
}

// First bytes of kana, ideographs and their punctuation: U+3000-U+9FFF, U+F000-U+FFFF.
constexpr NEUROCOMP_INLINE bool begins_ideograph(uint64_t byte) {
    return (byte >= 0xE3 && byte <= 0xE9) || byte == 0xEF;
}

// Chinese and Japanese have characters of three bytes in UTF-8 and no spaces between words.  Where
// the last whole character is one of these, contexts that keep to whole ones take the place of words
// and of those that begin in the middle of characters.
NEUROCOMP_INLINE void set_ideograph_contexts(const Tables& tables, Lane& lane, uint64_t recent) {
    int started = 0;  // bytes of the current character that are known
    if (begins_ideograph(recent & 255)) {
        started = 1;
    } else if (begins_ideograph((recent >> 8) & 255)) {
        started = 2;
    }
    const auto character = [&](int64_t end) -> uint64_t {
        return uint64_t{byte_at(tables, end - 3)} << 16 | uint64_t{byte_at(tables, end - 2)} << 8 |
               byte_at(tables, end - 1);
    };
    const int64_t end = lane.position - started;
    const uint64_t one = character(end);
    if (!begins_ideograph(one >> 16)) return;
    const uint64_t two = character(end - 3);
    const uint64_t three = character(end - 6);
    const uint64_t known = last_bytes(recent, started);
    const uint64_t part = combine(21, known | static_cast<uint64_t>(started) << 32);
    const uint64_t pair = one | two << 24;
    uint64_t* out = lane.hashes;
    out[7] = combine(part + 1, one);
    out[8] = combine(part + 2, pair);
    out[9] = combine(combine(part + 3, pair), three);
    out[10] = combine(part + 4, two);
    out[13] = combine(part + 6, one >> 6);
    out[17] = combine(part + 5, 0);
}

// Sets the hashes for the byte that begins, from the finished ones.
NEUROCOMP_INLINE void set_contexts(Tables& tables, Lane& lane) {
    uint64_t recent = 0;  // the last eight bytes, the last one lowest
    for (int back = 0; back < 8; ++back) {
        recent |= uint64_t{byte_at(tables, lane.position - 1 - back)} << (8 * back);
    }
    const auto byte = static_cast<uint32_t>(recent & 255);
    follow_successors(tables, recent);
    follow_text(lane, byte);
    follow_records(lane, byte);
    if (lane.profile == Profile::text) {
        set_text_contexts(tables, lane, recent);
        set_ideograph_contexts(tables, lane, recent);
    } else {
        set_binary_contexts(tables, lane, recent);
    }
}

}  // namespace

}  // namespace neurocomp::mix
