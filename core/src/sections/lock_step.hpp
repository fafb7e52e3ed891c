// Sections that are coded side by side: by contexts one after the other, with a network in lock-step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "network/batch.hpp"
#include "sections/coding.hpp"
#include "sections/sections.hpp"

namespace neurocomp {

// How much of a dictionary's end the network reads: it takes its time and forgets the rest.
inline constexpr size_t network_bytes = 1024;

// Positions of a lane that an encoder weighs at once: more gain little.
inline constexpr size_t positions_ahead = 32;

// Bytes between two looks at progress, without and with a network.
inline constexpr size_t watched_bytes = size_t{1} << 14;
inline constexpr size_t watched_network_bytes = size_t{1} << 11;

// Counts bytes, and tells of them now and then.
class Watch {
   public:
    Watch(const Progress& progress, bool with_network)
        : progress_(progress), step_(with_network ? watched_network_bytes : watched_bytes) {}

    size_t step() const { return step_; }
    void add(size_t num_bytes) {
        num_bytes_ += num_bytes;
        if (num_bytes_ >= step_) tell();
    }
    void tell() {
        if (num_bytes_ > 0) progress_(num_bytes_);
        num_bytes_ = 0;
    }

   private:
    const Progress& progress_;
    size_t step_;
    size_t num_bytes_ = 0;
};

// Contexts alone have one lane.
template <typename Coding>
void code_by_contexts(Coding& section, Watch& watch) {
    const size_t num_bytes = section.data.size();
    for (size_t place = 0; place < num_bytes; place += watch.step()) {
        const size_t count = std::min(watch.step(), num_bytes - place);
        if (!section.code(0, nullptr, place, count)) {
            section.is_spent = true;
            return;
        }
        watch.add(count);
    }
}

// A lane that still has bytes.
template <typename Coding>
struct Active {
    Coding* section;
    size_t lane;
};

// Codes sections in lock-step: each step's lanes are the rows that share the reading of weights.
template <typename Coding>
class LockStep {
   public:
    LockStep(const Plan& plan, std::vector<std::unique_ptr<Coding>>& sections, Watch& watch)
        : sections_(sections),
          watch_(watch),
          lanes_(*plan.network, sections.size() * plan.num_lanes,
                 sections.size() * plan.num_lanes * ahead) {
        const size_t count = std::min(plan.dictionary.size(), network_bytes);
        if (count > 0) lanes_.read_everywhere(plan.dictionary.last(count).data(), count);
    }

    void run() {
        for (size_t place = 0; find_active(place) > 0;) {
            size_t count = ahead;
            for (const auto& one : active_) {
                count = std::min(count, one.section->mixture.length(one.lane) - place);
            }
            weigh(place, count);
            code(place, count);
            place += count;
        }
    }

   private:
    static constexpr size_t ahead = Coding::decodes ? 1 : positions_ahead;

    size_t find_active(size_t place) {
        active_.clear();
        rows_.clear();
        uint32_t row = 0;
        for (const auto& section : sections_) {
            for (size_t lane = 0; lane < section->mixture.num_lanes(); ++lane, ++row) {
                // One payload that ends too early makes the whole block damaged.
                if (Coding::decodes && section->is_spent) return 0;
                if (section->is_spent || place >= section->mixture.length(lane)) continue;
                active_.push_back({section.get(), lane});
                rows_.push_back(row);
            }
        }
        return active_.size();
    }

    void weigh(size_t place, size_t count) {
        if constexpr (Coding::decodes) {
            lanes_.step(rows_.data(), rows_.size());
        } else {
            known_.clear();
            for (const auto& [section, lane] : active_) {
                known_.push_back(section->data.data() + section->mixture.start(lane) + place);
            }
            lanes_.step_ahead(rows_.data(), rows_.size(), known_.data(), count);
        }
    }

    // Section by section; the lanes of one take turns.
    void code(size_t place, size_t count) {
        for (size_t first = 0; first < active_.size();) {
            Coding& section = *active_[first].section;
            size_t last = first;
            while (last < active_.size() && active_[last].section == &section) ++last;
            code_section(section, first, last, place, count);
            first = last;
        }
    }

    void code_section(Coding& section, size_t first, size_t last, size_t place, size_t count) {
        // A lane alone has its rows coded at once.
        const size_t turn = last - first == 1 ? count : 1;
        for (size_t t = 0; t < count; t += turn) {
            for (size_t i = first; i < last; ++i) {
                const size_t lane = active_[i].lane;
                if (!section.code(lane, lanes_.weights(i * count + t), place + t, turn)) {
                    section.is_spent = true;
                    return;
                }
                if constexpr (Coding::decodes) {
                    lanes_.read(rows_[i], section.data[section.mixture.start(lane) + place]);
                }
            }
        }
        watch_.add((last - first) * count);
    }

    std::vector<std::unique_ptr<Coding>>& sections_;
    Watch& watch_;
    network::Lanes lanes_;
    std::vector<Active<Coding>> active_;
    std::vector<uint32_t> rows_;
    std::vector<const uint8_t*> known_;
};

template <typename Coding>
void code_all(const Plan& plan, std::vector<std::unique_ptr<Coding>>& sections,
              const Progress& progress) {
    Watch watch(progress, plan.network != nullptr);
    if (plan.network != nullptr) {
        LockStep<Coding>(plan, sections, watch).run();
    } else {
        for (auto& section : sections) code_by_contexts(*section, watch);
    }
    watch.tell();
}

}  // namespace neurocomp
