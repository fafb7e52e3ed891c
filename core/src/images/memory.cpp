#include "images/memory.hpp"

#include "base/integers.hpp"
#include "exact/logarithms.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::images {

namespace {

constexpr int weight_bits = 20;
constexpr int32_t first_weight = 1 << (weight_bits - 4);
constexpr int64_t max_weight = int64_t{1} << (weight_bits + 1);
constexpr int32_t max_logit = 1 << 29;  // of the prior: sums stay within 32 bits
constexpr int64_t max_step = int64_t{1}
                             << (weight_bits - 5);  // of a weight, in one step of the lanes

// 0 to 7 for 0, 1, 2, 3, up to 5, up to 9, up to 20, more.
size_t level(int32_t number) {
    auto level = static_cast<size_t>(smaller(number, 3));
    for (const int32_t step : {3, 5, 9, 20}) level += number > step ? 1 : 0;
    return level;
}

}  // namespace

CodeMemory::CodeMemory(const RecordSizes& sizes, size_t num_lanes, std::vector<int32_t> logarithms,
                       size_t first_entries, size_t max_entries)
    : sizes_(sizes),
      num_lanes_(num_lanes),
      logarithms_(static_cast<std::vector<int32_t>&&>(logarithms)),
      counts_(first_entries, max_entries),
      num_seen_(sizes.num_tokens),
      rarest_(num_lanes * num_rarest, -1),
      codes_(num_lanes * sizes.num_places),
      priors_(num_lanes * sizes.num_codes),
      steps_(num_lanes) {
    for (auto& row : weights_) row.fill(first_weight);
}

// log2(1 + count / probability).
int64_t CodeMemory::gain(int32_t count, int32_t frequency) const {
    const int64_t one = frequency;
    return exact::logarithm(one + int64_t{count} * exact::total_frequency, logarithms_.data()) -
           exact::logarithm(one, logarithms_.data());
}

void CodeMemory::mix(size_t first, size_t count, size_t place, const int32_t* logits,
                     const int32_t* priors, int32_t* out) {
    const size_t size = count * sizes_.num_codes;
    int32_t* const kept = priors_.data() + first * sizes_.num_codes;
    for (size_t i = 0; i < size; ++i) {
        out[i] = clamp(logits[i], max_logit);
        kept[i] = priors[i];
    }
    for (size_t i = 0; i < count; ++i) {
        const size_t offset = i * sizes_.num_codes;
        mix_lane(first + i, place, priors + offset, out + offset);
    }
}

void CodeMemory::mix_lane(size_t lane, size_t place, const int32_t* priors, int32_t* logits) {
    Step& step = steps_[lane];
    write_keys(codes_.data() + lane * sizes_.num_places, rarest_.data() + lane * num_rarest, place,
               sizes_.num_columns, step.keys.data());
    for (size_t number = 0; number < num_contexts; ++number) {
        const uint64_t key = step.keys[number];
        const Context* const context = key == 0 ? nullptr : counts_.find(key);
        step.contexts[number] = context;
        if (context == nullptr) continue;
        const size_t kind = num_levels * level(context->times) + level(context->number);
        step.kinds[number] = kind;
        const int64_t weight = weights_[number][kind];
        size_t at = 0;
        for (int32_t next = context->first; next >= 0; ++at) {
            const Entry& entry = counts_.entry(next);
            const auto code = static_cast<size_t>(entry.code);
            const int64_t found = gain(entry.count, priors[code]);
            step.gains[number][at] = exact::narrow(found);
            logits[code] = wrapping_add(logits[code], exact::narrow(weight * found >> weight_bits));
            next = entry.next;
        }
    }
}

void CodeMemory::expect(size_t first, size_t count, const int32_t* tables) {
    for (size_t i = 0; i < count; ++i) {
        Step& step = steps_[first + i];
        const int32_t* const table = tables + i * sizes_.num_codes;
        for (size_t number = 0; number < num_contexts; ++number) {
            if (step.contexts[number] == nullptr) continue;
            int64_t total = 0;
            size_t at = 0;
            for (int32_t next = step.contexts[number]->first; next >= 0; ++at) {
                const Entry& entry = counts_.entry(next);
                total += int64_t{step.gains[number][at]} * table[entry.code];
                next = entry.next;
            }
            step.expected[number] = floor_divide(total, exact::total_frequency);
        }
    }
}

void CodeMemory::learn(size_t place, const int32_t* codes, const bool* active) {
    std::array<std::array<int64_t, num_kinds>, num_contexts> errors{};
    std::vector<uint64_t> keys;
    std::vector<int32_t> followers;
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        if (!active[lane]) continue;
        const int32_t code = codes[lane];
        const Step& step = steps_[lane];
        codes_[lane * sizes_.num_places + place] = code;
        keys.insert(keys.end(), step.keys.begin(), step.keys.end());
        followers.push_back(code);
        const int32_t prior = priors_[lane * sizes_.num_codes + static_cast<size_t>(code)];
        for (size_t number = 0; number < num_contexts; ++number) {
            if (step.contexts[number] == nullptr) continue;
            const int32_t entry = counts_.find_entry(*step.contexts[number], code);
            const int64_t found = entry < 0 ? 0 : gain(counts_.entry(entry).count, prior);
            errors[number][step.kinds[number]] += found - step.expected[number];
        }
    }
    for (size_t number = 0; number < num_contexts; ++number) {
        for (size_t kind = 0; kind < num_kinds; ++kind) {
            const int64_t moved = weights_[number][kind] + clamp(errors[number][kind], max_step);
            weights_[number][kind] =
                static_cast<int32_t>(larger(int64_t{0}, smaller(moved, max_weight)));
        }
    }
    counts_.add(keys.data(), num_contexts, followers.data(), followers.size());
    // The table may have moved.
    for (Step& step : steps_) step.contexts.fill(nullptr);
}

void CodeMemory::read_captions(const int32_t* tokens, size_t most, const int64_t* lengths,
                               const bool* active) {
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        choose_rarest(tokens + lane * most, static_cast<size_t>(lengths[lane]), num_seen_.data(),
                      rarest_.data() + lane * num_rarest);
    }
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        if (!active[lane]) continue;
        for (size_t i = 0; i < static_cast<size_t>(lengths[lane]); ++i) {
            int32_t& seen = num_seen_[static_cast<size_t>(tokens[lane * most + i])];
            seen = wrapping_add(seen, 1);
        }
    }
}

}  // namespace neurocomp::images
