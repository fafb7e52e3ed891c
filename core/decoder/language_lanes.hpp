// Lanes of a language model, read step by step while tokens are decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "decoder/language_model.hpp"
#include "decoder/workers.hpp"
#include "exact/kernels.hpp"
#include "language/mixture.hpp"

namespace neurocomp::decoder {

// Whose tokens come next: the logits (lanes, sorted tokens) of lanes from `first` on, and where their
// tokens go, which are any of the alphabet for a lane that has ended.  False where the payload is
// damaged.  It is called by one thread at a time, and must not throw.
using CodeTokens = std::function<bool(size_t first, exact::Matrix<const int32_t> logits,
                                      std::span<int32_t> tokens)>;

// How lanes are read.
struct LanguagePlan {
    const LanguageModel& model;
    size_t window;
    size_t num_lanes;
    size_t num_groups = 1;  // 2: one half is read while the tokens of the other are coded
    size_t num_threads;

    // `takes_long` is whether coding does.
    LanguagePlan(const LanguageModel& of, size_t positions, size_t lanes, bool takes_long,
                 const Crew& crew);
    // A little more memory than reading takes.
    uint64_t num_bytes() const;
};

// Has all tokens of the mixture's lanes coded, in their order; false where `code` says so.  Throws
// Stopped, std::bad_alloc.
bool code_lanes(const LanguagePlan& plan, const language::Mixture& mixture, Workers& workers,
                const CodeTokens& code);

}  // namespace neurocomp::decoder
