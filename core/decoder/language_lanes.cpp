#include "decoder/language_lanes.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "language/transformer.hpp"

namespace neurocomp::decoder {

namespace {

// Tokens of the first lane that all others have read before their own.
constexpr size_t shared_tokens = 128;
// Halves of fewer lanes would wait for the weights, which each reads by itself.
constexpr size_t min_halved_lanes = 8;
// So many threads wait for a single one that codes, even where that is quick.
constexpr size_t many_threads = 4;

// Some lanes, their next tokens, and what comes after these.
class Group {
   public:
    Group(const LanguagePlan& plan, size_t first, size_t num_lanes)
        : first_(first),
          num_logits_(plan.model.vocabulary().order().size()),
          lanes_(plan.model.transformer(), num_lanes, plan.window, 1, plan.num_threads),
          next_(num_lanes),
          logits_(num_lanes * num_logits_) {}

    size_t num_lanes() const { return next_.size(); }
    // What is read next.
    std::span<int32_t> next() { return next_; }
    void take(const Group& other) { lanes_.take(other.lanes_); }

    // Reads the next tokens.  Threads take part as a team: one leads, others assist.
    void read(Workers& workers) {
        const uint64_t step = lanes_.team().begin();
        workers.for_each(lanes_.team().num_members(), [&](size_t member) { help(member, step); });
    }
    bool code(const CodeTokens& code_tokens) {
        const auto stride = static_cast<ptrdiff_t>(num_logits_);
        return code_tokens(first_, {logits_.data(), num_lanes(), num_logits_, stride}, next_);
    }
    // Reads the next tokens while those of other lanes are coded.
    bool read_beside(Group& other, const CodeTokens& code_tokens, Workers& workers) {
        bool is_sound = false;
        const uint64_t step = lanes_.team().begin();
        // Numbers are taken in their order, so that somebody leads before anybody assists.
        workers.for_each(lanes_.team().num_members() + 1, [&](size_t number) {
            if (number == 0) {
                is_sound = other.code(code_tokens);
            } else {
                help(number - 1, step);
            }
        });
        return is_sound;
    }

   private:
    void help(size_t member, uint64_t step) {
        if (member > 0) {
            lanes_.team().assist(member, step);
            return;
        }
        // Whoever assists leaves, whatever happens.
        const std::unique_ptr<Team, void (*)(Team*)> ended(&lanes_.team(),
                                                           [](Team* team) { team->end(); });
        lanes_.read(next_.data(), 1);
        const auto stride = static_cast<ptrdiff_t>(num_logits_);
        lanes_.write_logits(1, {logits_.data(), num_lanes(), num_logits_, stride});
    }

    size_t first_;
    size_t num_logits_;
    language::Lanes lanes_;
    std::vector<int32_t> next_;
    std::vector<int32_t> logits_;
};

using Groups = std::vector<std::unique_ptr<Group>>;

bool is_done(const language::Mixture& mixture) {
    for (size_t lane = 0; lane < mixture.lanes.size(); ++lane) {
        if (mixture.num_left(lane) > 0) return false;
    }
    return true;
}

// Lanes that have read what `common` has, and read what that would next.
Groups open_groups(const LanguagePlan& plan, std::unique_ptr<Group> common) {
    Groups groups;
    if (plan.num_lanes == 1) {
        groups.push_back(std::move(common));
        return groups;
    }
    for (size_t i = 0; i < plan.num_groups; ++i) {
        const size_t first = plan.num_lanes * i / plan.num_groups;
        const size_t last = plan.num_lanes * (i + 1) / plan.num_groups;
        groups.push_back(std::make_unique<Group>(plan, first, last - first));
        Group& group = *groups.back();
        group.take(*common);
        std::fill(group.next().begin(), group.next().end(), common->next()[0]);
    }
    return groups;
}

}  // namespace

LanguagePlan::LanguagePlan(const LanguageModel& of, size_t positions, size_t lanes, bool takes_long,
                           const Crew& crew)
    : model(of), window(positions), num_lanes(lanes), num_threads(crew.num_parts()) {
    const bool is_worth_it = takes_long || num_threads >= many_threads;
    if (num_lanes >= min_halved_lanes && num_threads > 1 && is_worth_it) num_groups = 2;
}

uint64_t LanguagePlan::num_bytes() const {
    const uint64_t most = (num_lanes + num_groups - 1) / num_groups;
    const uint64_t row = sizeof(int32_t) * (model.vocabulary().order().size() + 1);
    const auto group_bytes = [&](size_t count) {
        return language::Lanes::num_bytes(model.transformer(), count, window, num_threads) +
               count * row;
    };
    return num_lanes == 1 ? group_bytes(1) : group_bytes(1) + num_groups * group_bytes(most);
}

bool code_lanes(const LanguagePlan& plan, const language::Mixture& mixture, Workers& workers,
                const CodeTokens& code) {
    auto common = std::make_unique<Group>(plan, 0, 1);
    const std::vector<int32_t>& start = plan.model.start();
    for (size_t i = 0; i + 1 < start.size(); ++i) {
        common->next()[0] = start[i];
        common->read(workers);
    }
    common->next()[0] = start.back();
    // The first lane is coded alone for a while, unless it ends before.
    const size_t num_shared = plan.num_lanes > 1 ? shared_tokens : 0;
    for (size_t i = 0; i < num_shared && mixture.num_left(0) > 0; ++i) {
        workers.check();
        common->read(workers);
        if (!common->code(code)) return false;
    }
    const Groups groups = open_groups(plan, std::move(common));
    groups[0]->read(workers);
    for (size_t turn = 0;; turn = (turn + 1) % groups.size()) {
        workers.check();
        Group& current = *groups[turn];
        if (groups.size() > 1) {
            Group& following = *groups[(turn + 1) % groups.size()];
            if (!following.read_beside(current, code, workers)) return false;
            if (is_done(mixture)) return true;
        } else {
            if (!current.code(code)) return false;
            if (is_done(mixture)) return true;
            current.read(workers);
        }
    }
}

}  // namespace neurocomp::decoder
