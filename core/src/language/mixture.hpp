// Tokens as decisions: a language model's opinion of each, mixed with contexts.
//
// A token is coded as its bytes, bit by bit, and after each byte that completes a token and could go
// on, whether it ends there.  The language model's probability of a decision is a quotient of sums of
// weights over the sorted vocabulary (vocabulary.hpp), so that the product of a token's decisions is
// its probability.  Decisions that the vocabulary leaves no choice for are not coded.
//
// A network of bytes may have a say in each as well: second.hpp.  Lanes take turns, and share the
// contexts, the bias and the payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coding/binary.hpp"
#include "language/second.hpp"
#include "language/vocabulary.hpp"
#include "mix/state.hpp"

namespace neurocomp::language {

// Ends of tokens: a mixer of the language model's opinion and of what ended in such contexts before.
struct Ends {
    static constexpr int num_contexts = 7;  // the prefix, and orders 1 to 6
    static constexpr int num_inputs = 2 * num_contexts + 4;
    static constexpr int model_input = 2 * num_contexts;
    static constexpr int match_input = model_input + 1;
    static constexpr int bias_input = model_input + 2;
    static constexpr int second_input = model_input + 3;
    static constexpr size_t num_rows = 3 * 16 * 16;
    static constexpr size_t num_match_steps = 32;

    Ends(size_t block_bytes, bool with_second);

    uint64_t mask;               // entries of a context - 1
    Array<uint32_t> maps;        // P(end) in each context, as in mix::Tables
    Array<int32_t> weights;      // rows of num_inputs; 65536 is 1
    Array<uint32_t> match_maps;  // P(the match is right), by its length
    Array<uint8_t> flags;        // by position: 1 where a token ended after this byte
};

// Decisions of which the language model is surer than a mixer's inputs can say, 8 nats, and the mixture
// at least 6: P(it is right), by both.
struct Certainties {
    static constexpr int num_model_steps = 32;  // of half a nat
    static constexpr int num_mixed_steps = 7;   // of a nat

    Certainties();

    uint32_t maps[num_model_steps * num_mixed_steps];
};

inline constexpr size_t group_size = 16;  // weights whose sum is kept

// What a token's decisions are coded by, and what they teach.
class Mixture {
   public:
    // Lanes of these sizes, whose bytes lie one after the other in a block of at least one byte.
    // `other` is null where there is no second opinion, `content` where it is not known: see Second.
    // Throws std::bad_alloc.
    Mixture(const Vocabulary& known, mix::Profile profile, std::span<const size_t> sizes,
            const SecondModel* other = nullptr, const uint8_t* content = nullptr);

    struct Lane {
        mix::Lane mix;
        int64_t end;  // position after its last byte
    };

    int64_t num_left(size_t lane) const { return lanes[lane].end - lanes[lane].mix.position; }

    const Vocabulary& vocabulary;
    mix::Tables tables;
    Ends ends;
    Certainties sure_bytes, sure_ends;
    std::vector<Lane> lanes;
    std::unique_ptr<Second> second;  // null without a second opinion
    std::vector<int32_t> bias;       // of the sorted tokens' logits: octaves, in units of 2**-22
    std::vector<int32_t> weights;    // of the sorted tokens: 1 .. 2**29 + 1; zeros to a whole group
    std::vector<int64_t> sums;       // of those before each group, and of all
};

// Compiled once for each kind of processor.  Logits are to base 2, in units of 2**-10, those of
// the sorted tokens in their order; the lane has bytes left.
struct Kernels {
    // Codes a token of at most as many bytes as the lane has left; false where the payload is full.
    bool (*encode)(Mixture&, size_t lane, coding::Encoder&, const int32_t* logits, int32_t token);
    // The next token, or -1 where the payload is damaged.
    int32_t (*decode)(Mixture&, size_t lane, coding::Decoder&, const int32_t* logits);
};

// The one for this processor: see base/processor.hpp.
const Kernels& kernels();

extern const Kernels baseline_kernels;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels avx2_kernels;
#endif

}  // namespace neurocomp::language
