// A section while it is coded: its mixture, its bytes and its coder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "coding/binary.hpp"
#include "mix/kernels.hpp"
#include "sections/sections.hpp"

namespace neurocomp {

// The mixture of a section and its lanes.
class Mixture {
   public:
    Mixture(const Plan& plan, size_t num_bytes) : kernels_(mix::kernels()) {
        const size_t room = plan.dictionary.size() + num_bytes;
        const bool with_network = plan.network != nullptr;
        const bool experienced =
            with_network && plan.experience != nullptr && plan.profile == mix::Profile::text;
        std::optional<mix::Lane> first;
        size_t offset = plan.dictionary.size();
        if (plan.primer != nullptr) {
            std::unique_ptr<Primer::Primed> primed = plan.primer->primed(room);
            tables_ = std::make_unique<mix::Tables>(std::move(primed->tables));
            first = primed->lane;
            offset += plan.primer->size();
        } else {
            tables_ = std::make_unique<mix::Tables>(room, with_network);
            first.emplace(plan.profile, with_network, experienced, 0, 1);
            if (experienced) tables_->take(*plan.experience);
        }
        kernels_.learn(*tables_, *first, plan.dictionary.data(), plan.dictionary.size());
        const size_t short_bytes = num_bytes / plan.num_lanes;
        const size_t num_long = num_bytes % plan.num_lanes;
        size_t start = 0;
        for (size_t i = 0; i < plan.num_lanes; ++i) {
            mix::Lane& lane = lanes_.emplace_back(*first);
            lane.start = static_cast<int64_t>(start);
            lane.position = static_cast<int64_t>(offset + start);
            lane.num_lanes = static_cast<int64_t>(plan.num_lanes);
            starts_.push_back(start);
            start += short_bytes + (i < num_long ? 1 : 0);
            ends_.push_back(start);
        }
    }

    size_t num_lanes() const { return lanes_.size(); }
    size_t start(size_t lane) const { return starts_[lane]; }
    size_t length(size_t lane) const { return ends_[lane] - starts_[lane]; }

    bool encode(size_t lane, coding::Encoder& coder, const int32_t* weights, const uint8_t* data,
                size_t count) {
        return kernels_.encode(*tables_, lanes_[lane], coder, weights, data, count);
    }
    bool decode(size_t lane, coding::Decoder& coder, const int32_t* weights, uint8_t* data,
                size_t count) {
        return kernels_.decode(*tables_, lanes_[lane], coder, weights, data, count);
    }
    bool trace(size_t lane, coding::Encoder& coder, const int32_t* weights, const uint8_t* data,
               size_t count, const mix::Tape& tape) {
        return kernels_.trace(*tables_, lanes_[lane], coder, weights, data, count, tape);
    }
    void learn(size_t lane, const uint8_t* data, size_t count) {
        kernels_.learn(*tables_, lanes_[lane], data, count);
    }

    std::unique_ptr<const mix::Tables> take_tables() { return std::move(tables_); }

   private:
    const mix::Kernels& kernels_;
    std::unique_ptr<mix::Tables> tables_;
    std::vector<mix::Lane> lanes_;
    std::vector<size_t> starts_;
    std::vector<size_t> ends_;
};

// What encodings have; each kind adds the function that codes.
struct Writing {
    Mixture mixture;
    Bytes data;
    Payload payload;
    coding::Encoder coder;
    bool is_spent = false;

    static constexpr bool decodes = false;

    Writing(const Plan& plan, Bytes section, size_t room)
        : mixture(plan, section.size()),
          data(section),
          payload(room),
          coder(payload.data(), payload.size()) {}
};

struct Encoding : Writing {
    using Writing::Writing;

    bool code(size_t lane, const int32_t* weights, size_t place, size_t count) {
        return mixture.encode(lane, coder, weights, data.data() + mixture.start(lane) + place,
                              count);
    }
};

// An encoding whose bytes are noted.
struct Tracing : Writing {
    mix::Tape tape;

    Tracing(const Plan& plan, Bytes section, size_t room, const mix::Tape& notes)
        : Writing(plan, section, room), tape(notes) {}

    bool code(size_t lane, const int32_t* weights, size_t place, size_t count) {
        const size_t start = mixture.start(lane) + place;
        return mixture.trace(lane, coder, weights, data.data() + start, count, tape.from(start));
    }
};

struct Decoding {
    Mixture mixture;
    std::span<uint8_t> data;
    coding::Decoder coder;
    bool is_spent = false;

    static constexpr bool decodes = true;

    Decoding(const Plan& plan, Bytes payload, std::span<uint8_t> section)
        : mixture(plan, section.size()), data(section), coder(payload.data(), payload.size()) {}

    bool code(size_t lane, const int32_t* weights, size_t place, size_t count) {
        return mixture.decode(lane, coder, weights, data.data() + mixture.start(lane) + place,
                              count);
    }
};

}  // namespace neurocomp
