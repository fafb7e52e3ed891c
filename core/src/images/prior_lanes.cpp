#include "images/prior_lanes.hpp"

#include <algorithm>
#include <utility>

#include "base/damage.hpp"
#include "base/integers.hpp"
#include "exact/layers.hpp"
#include "exact/scaling.hpp"

namespace neurocomp::images {

namespace {

constexpr int32_t impossible = -(1 << 30);  // logit of a symbol that can't come
constexpr int end_share_bits = 10;          // where an image may be missing: 1 in 1025
constexpr size_t first_entries = size_t{1} << 14;
constexpr size_t max_entries = size_t{1} << 21;

// A table that leaves as good as no doubt about a symbol.
void write_certain(int32_t symbol, size_t size, int32_t* out) {
    std::fill(out, out + size, 1);
    out[symbol] = static_cast<int32_t>(exact::total_frequency) - static_cast<int32_t>(size - 1);
}

exact::Matrix<int32_t> rows_of(int32_t* values, size_t num_rows, size_t width) {
    return {values, num_rows, width, static_cast<ptrdiff_t>(width)};
}

}  // namespace

// Lanes that one thread advances.
class PriorLanes::Group {
   public:
    Group(const PriorLanes& all, size_t first, size_t count)
        : prior_(all.prior_),
          form_(*all.form_),
          first_(first),
          count_(count),
          context_(prior_.parts().config.context),
          num_opening_(form_.is_text() ? 1 : prior_.before()),
          num_known_(num_opening_),
          window_(count * context_),
          reader_(prior_.parts(), count, prior_.sights()),
          wide_(prior_.records().alphabet_size()) {
        for (size_t lane = 0; lane < count; ++lane) {
            int32_t* const window = window_.data() + lane * context_;
            window[0] = prior_.parts().config.start_symbol;
            for (size_t i = 1; i < prior_.before(); ++i) window[i] = prior_.pad_at(i - 1);
        }
        const size_t num_outputs = std::max(prior_.num_text_outputs(), prior_.records().num_codes);
        logits_.resize(count * num_outputs);
        own_.resize(prior_.records().num_codes);
        priors_.resize(prior_.records().num_codes);
        weights_.resize(prior_.records().alphabet_size());
    }

    // Writes tables, (lanes, V).
    void predict(CodeMemory& memory, int32_t* out) {
        const size_t size = prior_.records().alphabet_size();
        bool is_all_forced = true;
        for (size_t lane = 0; lane < count_; ++lane) {
            is_all_forced = is_all_forced && form_.forced(first_ + lane) >= 0;
        }
        if (!is_all_forced) find_logits();
        for (size_t lane = 0; lane < count_; ++lane) {
            int32_t* const table = out + lane * size;
            const int32_t forced = form_.forced(first_ + lane);
            if (forced >= 0) {
                write_certain(forced, size, table);
            } else if (form_.is_text()) {
                write_text_table(lane, table);
            } else {
                write_code_table(memory, lane, table);
            }
        }
    }

    // Takes the next symbols of the lanes, which the form has checked but not gone beyond.
    void update(const int32_t* symbols) {
        if (form_.is_last()) {
            num_read_ = std::min(num_read_, num_opening_);
            num_known_ = num_opening_;
            return;
        }
        const RecordShape& records = prior_.records();
        for (size_t lane = 0; lane < count_; ++lane) {
            const int32_t symbol = symbols[first_ + lane];
            int32_t& read = window_[lane * context_ + num_known_];
            if (form_.is_text()) {
                read = symbol >= records.pad() ? prior_.pad_at(form_.place()) : symbol;
            } else {
                const bool is_code = records.is_code(symbol);
                read = prior_.first_code() + (is_code ? symbol - records.first_code() : 0);
            }
        }
        ++num_known_;
    }

   private:
    // The network's logits of what follows all that is known.
    void find_logits() {
        const bool is_opening = form_.place() == 0;
        if (is_opening && !opening_.empty()) {
            logits_ = opening_;
            return;
        }
        reader_.read({window_.data() + num_read_, count_, num_known_ - num_read_,
                      static_cast<ptrdiff_t>(context_)},
                     num_read_);
        num_read_ = num_known_;
        const exact::Layer& head = form_.is_text() ? prior_.text_head() : prior_.image_head();
        num_outputs_ = head.parts.num_outputs;
        reader_.write_last(head, rows_of(logits_.data(), count_, num_outputs_));
        if (is_opening) opening_ = logits_;
    }

    void write_text_table(size_t lane, int32_t* out) {
        const RecordShape& records = prior_.records();
        const int32_t* const logits = logits_.data() + lane * prior_.num_text_outputs();
        std::fill(wide_.begin(), wide_.end(), impossible);
        std::copy_n(logits, records.num_tokens, wide_.begin());
        wide_[records.num_tokens] = logits[prior_.pad_at(form_.place())];
        write_frequencies(wide_.data(), wide_.size(), out);
    }

    void write_code_table(CodeMemory& memory, size_t lane, int32_t* out) {
        const RecordShape& records = prior_.records();
        const size_t num_codes = records.num_codes;
        const auto first_code = static_cast<size_t>(records.first_code());
        const int32_t* const logits = logits_.data() + lane * num_codes;
        const int64_t factor = num_dampings - form_.damping();
        for (size_t i = 0; i < num_codes; ++i) {
            own_[i] = exact::narrow(floor_divide(logits[i] * factor, num_dampings));
        }
        write_frequencies(own_.data(), num_codes, priors_.data());
        std::fill(wide_.begin(), wide_.end(), impossible);
        memory.mix(first_ + lane, 1, form_.code_place(), own_.data(), priors_.data(),
                   wide_.data() + first_code);
        write_frequencies(wide_.data(), wide_.size(), out);
        memory.expect(first_ + lane, 1, out + first_code);
        if (!form_.may_end()) return;
        for (size_t i = 0; i < weights_.size(); ++i)
            weights_[i] = int64_t{out[i]} << end_share_bits;
        weights_[static_cast<size_t>(records.end())] = exact::total_frequency;
        exact::kernels().quantise_row(weights_.data(), weights_.size(), out);
    }

    void write_frequencies(const int32_t* logits, size_t size, int32_t* out) const {
        exact::kernels().frequencies_of_logits(logits, size, prior_.parts().powers.data(), out);
    }

    const Prior& prior_;
    const RecordForm& form_;
    size_t first_;
    size_t count_;
    size_t context_;
    size_t num_opening_;  // positions that are known at the start of a record
    size_t num_known_;
    size_t num_read_ = 0;
    size_t num_outputs_ = 0;
    std::vector<int32_t> window_;  // (lanes, context)
    transformer::ContextReader reader_;
    std::vector<int32_t> logits_, opening_;  // (lanes, outputs)
    std::vector<int32_t> wide_;              // of the records' alphabet
    std::vector<int32_t> own_, priors_;      // of codes
    std::vector<int64_t> weights_;
};

PriorLanes::PriorLanes(const Prior& prior, size_t num_lanes, size_t num_groups,
                       symbolwise::ForEach for_each)
    : prior_(prior),
      num_lanes_(num_lanes),
      num_groups_(std::clamp(num_groups, size_t{1}, num_lanes)),
      for_each_(std::move(for_each)) {}

PriorLanes::~PriorLanes() = default;

void PriorLanes::predict(int32_t* out) {
    if (!form_) {
        predict_head(out);
        return;
    }
    const size_t size = prior_.records().alphabet_size();
    for_each_(groups_.size(), [&](size_t i) {
        groups_[i]->predict(*memory_, out + num_lanes_ * i / groups_.size() * size);
    });
}

void PriorLanes::predict_head(int32_t* out) const {
    const size_t size = prior_.records().alphabet_size();
    for (size_t lane = 0; lane < num_lanes_; ++lane) write_certain(0, size, out + lane * size);
    const int32_t num_choices = head_choices(head_, num_lanes_);
    if (num_choices == 1) return;
    std::vector<int64_t> weights(size);
    std::fill_n(weights.begin(), std::min(static_cast<size_t>(num_choices), size), 1);
    exact::kernels().quantise_row(weights.data(), size, out);
}

void PriorLanes::update(const int32_t* symbols) {
    if (!form_ || !memory_) {
        read_head_symbols(symbols);
        return;
    }
    RecordForm& form = *form_;
    form.check(symbols);
    for (const auto& group : groups_) group->update(symbols);
    learn(symbols, form, *memory_);
    form.advance(symbols);
}

void PriorLanes::read_head_symbols(const int32_t* symbols) {
    const bool are_others_empty =
        std::all_of(symbols + 1, symbols + num_lanes_, [](int32_t symbol) { return symbol == 0; });
    if (!are_others_empty || symbols[0] >= head_choices(head_, num_lanes_)) {
        throw DamagedPayload("the head of token records is damaged");
    }
    head_.push_back(symbols[0]);
    if (head_.size() == head_symbols) begin_records();
}

void PriorLanes::begin_records() {
    const RecordShape& records = prior_.records();
    form_.emplace(records, read_head(head_), num_lanes_);
    memory_.emplace(
        RecordSizes{records.num_tokens, records.columns, records.num_latents(), records.num_codes},
        num_lanes_, prior_.logarithms(), first_entries, max_entries);
    texts_.resize(num_lanes_ * records.text_length);
    for (size_t i = 0; i < num_groups_; ++i) {
        const size_t first = num_lanes_ * i / num_groups_;
        const size_t last = num_lanes_ * (i + 1) / num_groups_;
        groups_.push_back(std::make_unique<Group>(*this, first, last - first));
    }
}

void PriorLanes::learn(const int32_t* symbols, const RecordForm& form, CodeMemory& memory) {
    const RecordShape& records = prior_.records();
    const auto is_there = std::make_unique<bool[]>(num_lanes_);
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        is_there[lane] = symbols[lane] != records.end();
    }
    if (!form.is_text()) {
        std::vector<int32_t> codes(num_lanes_);
        for (size_t lane = 0; lane < num_lanes_; ++lane) {
            if (is_there[lane]) codes[lane] = symbols[lane] - records.first_code();
        }
        memory.learn(form.code_place(), codes.data(), is_there.get());
        return;
    }
    const size_t length = records.text_length;
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        texts_[lane * length + form.place()] = symbols[lane];
    }
    if (form.kind() != Kind::both || !form.ends_text()) return;
    // Tokens of a caption stand before its pads.
    std::vector<int64_t> sizes;
    for (size_t lane = 0; lane < num_lanes_; ++lane) {
        const int32_t* const text = texts_.data() + lane * length;
        sizes.push_back(std::count_if(text, text + length,
                                      [&](int32_t token) { return token < records.pad(); }));
    }
    memory.read_captions(texts_.data(), length, sizes.data(), is_there.get());
}

uint64_t PriorLanes::num_bytes(const Prior& prior, size_t num_lanes, size_t num_symbols) {
    const RecordShape& records = prior.records();
    const uint64_t wanted = uint64_t{num_contexts} * num_symbols;
    uint64_t entries = first_entries;
    while (entries < std::min<uint64_t>(wanted, max_entries)) entries *= 2;
    const uint64_t context_bytes = sizeof(uint64_t) + sizeof(Context);
    // A table that grows holds the old contexts too.
    const uint64_t counts = entries * (sizeof(Entry) * 3 / 2 + 3 * context_bytes);
    const uint64_t lane =
        4096 + 8 * (records.alphabet_size() + records.text_length + records.num_latents() +
                    prior.parts().config.context + prior.parts().config.alphabet_size);
    return counts + 2 * num_lanes * lane +
           transformer::ContextReader::num_bytes(prior.parts(), num_lanes) +
           32 * records.alphabet_size() + (uint64_t{1} << 18);
}

}  // namespace neurocomp::images
