#include "sections/sections.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "coding/binary.hpp"
#include "mix/kernels.hpp"
#include "network/batch.hpp"

namespace neurocomp {

namespace {

// Counts of the maps after the primer: so much sooner the block's own text weighs more.
constexpr uint32_t primed_counts = 10;

// For blocks up to this a primed mixture is kept.
constexpr size_t kept_room = size_t{1} << 14;

// How much of a dictionary's end the network reads: it takes its time and forgets the rest.
constexpr size_t network_bytes = 1024;

// Positions of a lane that an encoder weighs at once: more gain little.
constexpr size_t positions_ahead = 32;

// Bytes between two looks at progress, without and with a network.
constexpr size_t watched_bytes = size_t{1} << 14;
constexpr size_t watched_network_bytes = size_t{1} << 11;

constexpr size_t max_block_bytes = (size_t{1} << 31) - 64;  // positions have 32 bits

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

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

struct Encoding {
    Mixture mixture;
    Bytes data;
    Payload payload;
    coding::Encoder coder;
    bool is_spent = false;

    static constexpr bool decodes = false;

    Encoding(const Plan& plan, Bytes section, size_t room)
        : mixture(plan, section.size()),
          data(section),
          payload(room),
          coder(payload.data(), payload.size()) {}

    bool code(size_t lane, const int32_t* weights, size_t place, size_t count) {
        return mixture.encode(lane, coder, weights, data.data() + mixture.start(lane) + place,
                              count);
    }
};

// An encoding whose bytes are noted.
struct Tracing : Encoding {
    mix::Tape tape;

    Tracing(const Plan& plan, Bytes section, size_t room, const mix::Tape& notes)
        : Encoding(plan, section, room), tape(notes) {}

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

// The payload of what was encoded; nothing where it is too long.
std::optional<Payload> payload_of(Encoding& coding) {
    size_t size = 0;
    if (coding.is_spent || !coding.coder.finish(size)) return std::nullopt;
    coding.payload.resize(size);
    return std::move(coding.payload);
}

void check_size(const Plan& plan, size_t num_bytes) {
    const size_t before =
        plan.dictionary.size() + (plan.primer == nullptr ? 0 : plan.primer->size());
    require(before <= max_block_bytes && num_bytes <= max_block_bytes - before,
            "a section is too large");
}

}  // namespace

Primer::Primer(Bytes content) : content_(content.begin(), content.end()) {
    require(content_.size() <= max_block_bytes, "a primer is too large");
}

std::unique_ptr<Primer::Primed> Primer::primed(size_t room) {
    const size_t num_bytes = content_.size() + room;
    const mix::TableSizes sizes = mix::table_sizes(num_bytes);
    std::shared_ptr<const Primed> kept;
    bool is_to_keep = false;
    if (room <= kept_room) {
        const std::lock_guard lock(mutex_);
        kept = kept_;
        is_to_keep = std::exchange(is_asked_again_, true);
    }
    if (kept != nullptr && mix::table_sizes(kept->tables.block_bytes) == sizes) {
        return std::unique_ptr<Primed>(
            new Primed{mix::Tables(kept->tables, num_bytes), kept->lane});
    }
    std::unique_ptr<Primed> made(new Primed{mix::Tables(num_bytes, false),
                                            mix::Lane(mix::Profile::text, false, false, 0, 1)});
    mix::kernels().learn(made->tables, made->lane, content_.data(), content_.size());
    made->tables.limit_counts(primed_counts);
    if (!is_to_keep) return made;
    std::unique_ptr<Primed> copy(new Primed{mix::Tables(made->tables, num_bytes), made->lane});
    const std::lock_guard lock(mutex_);
    kept_ = std::move(made);
    return copy;
}

void Plan::check() const {
    require(num_lanes >= 1, "a section has lanes");
    if (network == nullptr) require(num_lanes == 1, "contexts alone have one lane");
    if (primer != nullptr) {
        require(network == nullptr && profile == mix::Profile::text,
                "a primer goes before text that contexts code alone");
    }
}

std::vector<std::optional<Payload>> encode(const Plan& plan, std::span<const Bytes> sections,
                                           size_t room, const Progress& progress) {
    plan.check();
    std::vector<std::unique_ptr<Encoding>> codings;
    for (const Bytes section : sections) {
        check_size(plan, section.size());
        codings.push_back(std::make_unique<Encoding>(plan, section, room));
    }
    code_all(plan, codings, progress);
    std::vector<std::optional<Payload>> payloads;
    for (auto& coding : codings) payloads.push_back(payload_of(*coding));
    return payloads;
}

std::optional<Payload> trace(const Plan& plan, Bytes section, size_t room, const mix::Tape& tape,
                             const Progress& progress) {
    plan.check();
    check_size(plan, section.size());
    std::vector<std::unique_ptr<Tracing>> codings;
    codings.push_back(std::make_unique<Tracing>(plan, section, room, tape));
    code_all(plan, codings, progress);
    return payload_of(*codings.front());
}

void decode(const Plan& plan, std::span<const Bytes> payloads,
            std::span<const std::span<uint8_t>> sections, const Progress& progress) {
    plan.check();
    require(payloads.size() == sections.size(), "each section has a payload");
    std::vector<std::unique_ptr<Decoding>> codings;
    for (size_t i = 0; i < sections.size(); ++i) {
        check_size(plan, sections[i].size());
        codings.push_back(std::make_unique<Decoding>(plan, payloads[i], sections[i]));
    }
    code_all(plan, codings, progress);
    for (const auto& coding : codings) {
        if (coding->is_spent) throw DamagedPayload("the payload ends before the block does");
    }
    for (const auto& coding : codings) {
        if (!coding->coder.finish()) {
            throw DamagedPayload("the payload is not what its content is coded as");
        }
    }
}

std::unique_ptr<const mix::Tables> learn(const Plan& plan, Bytes section) {
    plan.check();
    check_size(plan, section.size());
    // Any bits fit: two bytes each at most.
    std::vector<std::unique_ptr<Encoding>> codings;
    codings.push_back(std::make_unique<Encoding>(plan, section, 16 * section.size() + 3));
    code_all(plan, codings, [](size_t) {});
    return codings.front()->mixture.take_tables();
}

}  // namespace neurocomp
