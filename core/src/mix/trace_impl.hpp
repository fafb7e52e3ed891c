// Coding bytes and noting what each bit was given; the likeliest bytes, found without learning any.
// Included once by each source that compiles the kernels for a kind of processor.
#pragma once

#include <cstring>

#include "mix/bits_impl.hpp"
#include "mix/tape.hpp"

namespace neurocomp::mix {

namespace {

// The likeliest bytes found so far, the likeliest first.
struct Likeliest {
    uint8_t bytes[num_likely] = {};
    uint64_t shares[num_likely] = {};

    NEUROCOMP_INLINE void take(uint8_t byte, uint64_t share) {
        size_t place = num_likely - 1;
        if (share <= shares[place]) return;
        for (; place > 0 && share > shares[place - 1]; --place) {
            bytes[place] = bytes[place - 1];
            shares[place] = shares[place - 1];
        }
        bytes[place] = byte;
        shares[place] = share;
    }
};

// What a walk through the bits of a byte changes of a lane.
struct Place {
    uint32_t partial, num_bits, node;
    uint64_t nodes[num_contexts];
    Match matches[num_matches];

    explicit NEUROCOMP_INLINE Place(const Lane& lane)
        : partial(lane.partial), num_bits(lane.num_bits), node(lane.node) {
        std::memcpy(nodes, lane.nodes, sizeof nodes);
        for (int m = 0; m < num_matches; ++m) matches[m] = lane.matches[m];
    }
    NEUROCOMP_INLINE void restore(Lane& lane) const {
        lane.partial = partial;
        lane.num_bits = num_bits;
        lane.node = node;
        std::memcpy(lane.nodes, nodes, sizeof nodes);
        for (int m = 0; m < num_matches; ++m) lane.matches[m] = matches[m];
    }
};

// The cache lines in which a nibble's slots are looked for, as they were.
class Lines {
   public:
    // Finds the slots: some of the lines may lose a slot to them.
    NEUROCOMP_INLINE Lines(Tables& tables, Lane& lane) : tables_(tables) {
        const uint64_t nibble = uint64_t{lane.partial} * golden;
        for (int i = 0; i < num_contexts; ++i) {
            uint64_t index = (lane.hashes[i] ^ nibble) * other_factor;
            index ^= index >> 29;
            const uint64_t first = (index & tables.line_mask) << 6;
            places_[i] = first;
            std::memcpy(kept_[i], tables.slots.data() + first, 64);
        }
        find_slots(tables, lane);
    }
    NEUROCOMP_INLINE void restore() const {
        for (int i = 0; i < num_contexts; ++i) {
            std::memcpy(tables_.slots.data() + places_[i], kept_[i], 64);
        }
    }

   private:
    Tables& tables_;
    uint64_t places_[num_contexts];
    uint8_t kept_[num_contexts][64];
};

// Walks the tree of the bits that are left, the likelier first, where it may hold one of the
// likeliest.  `share` of 2**32 is the probability of the bits so far.
template <bool with_network>
void walk(Tables& tables, Lane& lane, uint64_t share, Likeliest& found) {
    const Place place(lane);
    const uint64_t p = predict<with_network>(tables, lane);
    const uint64_t shares[2] = {(share * (65536 - p)) >> 16, (share * p) >> 16};
    const uint32_t likelier = p >= 32768 ? 1 : 0;
    for (const uint32_t bit : {likelier, 1 - likelier}) {
        if (shares[bit] <= found.shares[num_likely - 1]) continue;
        place.restore(lane);
        lane.partial = lane.partial << 1 | bit;
        lane.node = lane.node << 1 | bit;
        ++lane.num_bits;
        if (lane.num_bits == 8) {
            found.take(static_cast<uint8_t>(lane.partial & 255), shares[bit]);
        } else if (lane.num_bits == 4) {
            lane.node = 1;
            const Lines lines(tables, lane);
            walk<with_network>(tables, lane, shares[bit], found);
            lines.restore();
        } else {
            walk<with_network>(tables, lane, shares[bit], found);
        }
    }
    place.restore(lane);
}

// P of a bit by the longest match, of 4096; 0 where there is none.
NEUROCOMP_INLINE uint16_t share_of_match(const Tables& tables, const Lane& lane, int bit) {
    for (int m = num_matches - 1; m >= 0; --m) {
        const int32_t prediction = lane.matches[m].prediction;
        if (prediction < 0) continue;
        const size_t entry = match_entry(m, prediction >> 1);
        const uint32_t hit = smaller(larger(probability12(tables.match_maps[entry]), 1U), 4095U);
        return static_cast<uint16_t>((prediction & 1) == bit ? hit : 4096 - hit);
    }
    return 0;
}

template <bool with_network>
void trace_byte(Tables& tables, Lane& lane, coding::Encoder& coder, uint8_t byte,
                const Tape& tape) {
    for (int i = 0; i < 8; ++i) {
        const uint32_t p = predict<with_network>(tables, lane);
        const int bit = byte >> (7 - i) & 1;
        coder.code(p, bit);
        const size_t note = 8 * tape.place + static_cast<size_t>(i);
        tape.chosen[note] = static_cast<uint16_t>(bit != 0 ? p : 65536 - p);
        tape.matched[note] = share_of_match(tables, lane, bit);
        update<with_network>(tables, lane, bit);
    }
}

template <bool with_network>
void find_likeliest(Tables& tables, Lane& lane, const Tape& tape) {
    Likeliest found;
    walk<with_network>(tables, lane, uint64_t{1} << 32, found);
    const size_t first = num_likely * (tape.place - tape.first_asked);
    for (size_t k = 0; k < num_likely; ++k) {
        tape.likely[first + k] = found.bytes[k];
        tape.shares[first + k] = static_cast<uint32_t>(found.shares[k]);
    }
}

bool trace(Tables& tables, Lane& lane, coding::Encoder& coder, const int32_t* weights,
           const uint8_t* data, size_t num_bytes, const Tape& tape) {
    for (size_t i = 0; i < num_bytes; ++i) {
        const Tape notes = tape.from(i);
        if (weights != nullptr) {
            take_weights(lane, weights + i * 256);
            notes.foreseen[2 * notes.place] = lane.tree[256 + data[i]];
            notes.foreseen[2 * notes.place + 1] = lane.tree[1];
        }
        if (lane.with_network) {
            if (notes.is_asked()) find_likeliest<true>(tables, lane, notes);
            trace_byte<true>(tables, lane, coder, data[i], notes);
        } else {
            if (notes.is_asked()) find_likeliest<false>(tables, lane, notes);
            trace_byte<false>(tables, lane, coder, data[i], notes);
        }
        if (coder.is_spent()) return false;
    }
    return true;
}

}  // namespace

}  // namespace neurocomp::mix
