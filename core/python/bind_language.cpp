// Language models on numpy arrays: `neurocomp._core.language`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "arrays.hpp"
#include "exact/scaling.hpp"
#include "language/mixture.hpp"
#include "language/transformer.hpp"
#include "linear.hpp"
#include "sections/sections.hpp"
#include "weights.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

using Vector = Input<int32_t, 1>;

// A transformer of arrays that neurocomp/models/transformer/parts.py has checked; shapes, and what
// indexes memory, are checked here too.  It keeps what it was made of.
class Transformer {
   public:
    Transformer(Input<int8_t, 2> embedding, Vector rows, Vector columns, int shift,
                Input<int32_t, 4> turns, Vector activation, Vector exp2, size_t num_heads,
                size_t num_key_heads, size_t head_width, size_t inner_width, size_t num_sinks,
                int64_t epsilon)
        : embedding_(embedding),
          rows_(rows),
          columns_(columns),
          turns_(turns),
          activation_(activation),
          exp2_(exp2) {
        const size_t size = embedding.shape(0), width = embedding.shape(1);
        require(size >= 1 && size <= exact::max_alphabet_size && rows.shape(0) == size &&
                    columns.shape(0) == width && width >= 1 && width <= exact::max_width,
                "an embedding's parts don't fit together");
        require(shift >= 1 && shift < 62, "an embedding's shift is out of range");
        require(num_heads >= 1 && num_key_heads >= 1 && num_heads % num_key_heads == 0 &&
                    num_heads / num_key_heads <= exact::max_query_group && head_width >= 2 &&
                    head_width <= 1024 && head_width % 2 == 0 && inner_width >= 1,
                "a transformer's shape is out of range");
        require(turns.shape(0) == 2 && turns.shape(1) == 2 &&
                    turns.shape(2) == exact::turn_positions && turns.shape(3) == head_width / 2,
                "a table of rotations doesn't fit the heads");
        require(activation.shape(0) == exact::table_size,
                "a table of a function has 32768 entries");
        require(exp2.shape(0) == exact::exp2_size &&
                    exact::kernels().minimum(exp2.data(), exp2.shape(0)) >= 0,
                "a table of powers of 2 is damaged");
        const int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
        require(epsilon >= 1 && epsilon < (int64_t{1} << 62) - static_cast<int64_t>(width) * most,
                "a norm's epsilon is out of range");
        parts_.shape = {size,       width,       num_heads, num_key_heads,
                        head_width, inner_width, num_sinks, epsilon};
        parts_.embedding = {embedding.data(), rows.data(), columns.data(), shift};
        parts_.turns = turns.data();
        parts_.activation = activation.data();
        parts_.exp2 = exp2.data();
    }

    void add_block(Vector attention_gain, const Linear& query_key_value,
                   int64_t query_key_value_limit, int64_t query_limit, int64_t multiplier,
                   int64_t shift, const Linear& attention_out, int64_t attention_out_limit,
                   Vector inner_gain, const Linear& inner_in, int64_t inner_in_limit,
                   const Linear& inner_out, int64_t inner_out_limit, bool rotates) {
        const language::Shape& shape = parts_.shape;
        require(query_limit >= 1 && query_limit <= exact::wide_limit && multiplier >= 1 &&
                    multiplier <= int64_t{1} << 15,
                "the scale of an attention layer is out of range");
        parts_.blocks.push_back({
            gain(attention_gain),
            layer(query_key_value, query_key_value_limit,
                  shape.query_width() + 2 * shape.key_width(), shape.width),
            {},
            {},
            {query_limit, multiplier, shift},
            layer(attention_out, attention_out_limit, shape.width, shape.query_width()),
            gain(inner_gain),
            layer(inner_in, inner_in_limit, 2 * shape.inner_width, shape.width, 0,
                  shape.inner_width),
            layer(inner_in, inner_in_limit, 2 * shape.inner_width, shape.width, shape.inner_width,
                  2 * shape.inner_width),
            layer(inner_out, inner_out_limit, shape.width, shape.inner_width),
            rotates,
        });
    }

    // Of the last block.
    void set_head_norms(Vector query_gain, int64_t query_epsilon, int query_shift, Vector key_gain,
                        int64_t key_epsilon, int key_shift) {
        require(!parts_.blocks.empty(), "a transformer has no blocks");
        language::Block& block = parts_.blocks.back();
        block.query_norm = head_norm(query_gain, query_epsilon, query_shift);
        block.key_norm = head_norm(key_gain, key_epsilon, key_shift);
    }

    void finish(Vector last_gain, const Linear& head, int64_t head_limit) {
        require(!parts_.blocks.empty(), "a transformer has no blocks");
        parts_.last_gain = gain(last_gain);
        parts_.head = layer(head, head_limit, parts_.shape.alphabet_size, parts_.shape.width);
        is_whole_ = true;
    }

    const language::Transformer& parts() const {
        require(is_whole_, "a transformer has no head yet");
        return parts_;
    }

   private:
    const int32_t* gain(const Vector& values) {
        require(values.shape(0) == parts_.shape.width, "a norm has one gain for each column");
        gains_.push_back(values);
        return values.data();
    }
    language::HeadNorm head_norm(const Vector& values, int64_t epsilon, int shift) {
        const size_t width = parts_.shape.head_width;
        const int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
        require(values.shape(0) == width && shift >= 1 && shift <= 61 && epsilon >= 1 &&
                    epsilon < (int64_t{1} << 62) - static_cast<int64_t>(width) * most,
                "a norm doesn't fit the heads of a transformer");
        gains_.push_back(values);
        return {values.data(), epsilon, shift};
    }
    exact::PackedLayer layer(const Linear& linear, int64_t limit, size_t num_outputs,
                             size_t num_inputs) {
        return layer(linear, limit, num_outputs, num_inputs, 0, num_outputs);
    }
    // Outputs `first` up to `last` of a layer.
    exact::PackedLayer layer(const Linear& linear, int64_t limit, size_t num_outputs,
                             size_t num_inputs, size_t first, size_t last) {
        const exact::LinearParts& parts = linear.parts();
        require(parts.num_outputs == num_outputs && parts.num_inputs >= num_inputs,
                "a layer doesn't fit a transformer");
        require(limit >= 1 && limit <= exact::wide_limit,
                "a limit of quantised values is out of range");
        for (size_t n = first; n < last; ++n) {
            require(parts.multiplier[n] >= 0 && parts.multiplier[n] < int64_t{1} << 32,
                    "a multiplier of a layer doesn't fit 32 bits");
        }
        return {parts, first, last, limit, parts_.weights};
    }

    Input<int8_t, 2> embedding_;
    Vector rows_, columns_;
    Input<int32_t, 4> turns_;
    Vector activation_, exp2_;
    std::vector<Vector> gains_;
    language::Transformer parts_ = {};
    bool is_whole_ = false;
};

class Lanes {
   public:
    Lanes(const Transformer& transformer, size_t num_lanes, size_t length, size_t max_steps,
          size_t num_threads)
        : size_(transformer.parts().shape.alphabet_size),
          lanes_(checked(transformer.parts(), num_lanes, length, max_steps, num_threads), num_lanes,
                 length, max_steps, num_threads) {}

    uint64_t begin() { return lanes_.team().begin(); }

    void end() { lanes_.team().end(); }

    void assist(size_t member, uint64_t step) {
        require(member >= 1 && member < lanes_.team().num_members(), "there is no such thread");
        const nb::gil_scoped_release release;
        lanes_.team().assist(member, step);
    }

    void read(Input<int32_t, 2> symbols) {
        const size_t num_steps = symbols.shape(1);
        require(symbols.shape(0) == lanes_.num_lanes() && num_steps >= 1 &&
                    num_steps <= lanes_.max_steps(),
                "symbols don't fit the lanes");
        require(num_steps <= exact::max_positions - lanes_.position(),
                "a lane is longer than rotary positions reach");
        for (size_t i = 0; i < symbols.size(); ++i) {
            const int32_t symbol = symbols.data()[i];
            require(symbol >= 0 && static_cast<size_t>(symbol) < size_,
                    "a symbol is outside the alphabet");
        }
        num_steps_ = num_steps;
        const nb::gil_scoped_release release;
        lanes_.read(symbols.data(), num_steps);
    }

    void take(const Lanes& other) {
        require(&other != this && lanes_.can_take(other.lanes_), "lanes don't fit each other");
        const nb::gil_scoped_release release;
        lanes_.take(other.lanes_);
    }

    void write_frequencies(Output<int32_t, 2> out) {
        const exact::Matrix<int32_t> rows = checked(out);
        const nb::gil_scoped_release release;
        lanes_.write_frequencies(rows.num_rows / lanes_.num_lanes(), rows);
    }

    void write_logits(Output<int32_t, 2> out) {
        const exact::Matrix<int32_t> rows = checked(out);
        const nb::gil_scoped_release release;
        lanes_.write_logits(rows.num_rows / lanes_.num_lanes(), rows);
    }

   private:
    static const language::Transformer& checked(const language::Transformer& parts,
                                                size_t num_lanes, size_t length, size_t max_steps,
                                                size_t num_threads) {
        constexpr size_t most = size_t{1} << 16;
        require(num_threads >= 1 && num_threads <= most, "the number of threads is out of range");
        require(num_lanes >= 1 && num_lanes <= most && max_steps >= 1 && max_steps <= most,
                "the number of lanes or steps is out of range");
        require(length > parts.shape.num_sinks && length <= exact::max_window,
                "a window is out of range");
        return parts;
    }
    exact::Matrix<int32_t> checked(const Output<int32_t, 2>& out) const {
        const size_t num_lanes = lanes_.num_lanes();
        require(out.shape(1) == size_ && out.shape(0) >= num_lanes &&
                    out.shape(0) % num_lanes == 0 && out.shape(0) / num_lanes <= num_steps_,
                "tables don't fit the lanes");
        return matrix(out);
    }

    size_t size_;
    size_t num_steps_ = 0;  // that were read last
    language::Lanes lanes_;
};

language::Vocabulary make_vocabulary(Input<uint8_t, 1> bytes, Vector starts) {
    return language::Vocabulary({bytes.data(), bytes.size()}, {starts.data(), starts.size()});
}

// A mixture, and what both of its users check.
class TokenCoding {
   public:
    TokenCoding(const language::Vocabulary& vocabulary, int profile,
                const std::vector<size_t>& sizes, const PythonNetwork* network,
                const uint8_t* content)
        : second_(second(network)),
          mixture_(vocabulary, checked(profile, sizes), sizes, second_ ? &*second_ : nullptr,
                   content) {}

   protected:
    // Lanes from `first` on that logits (lanes, V) and tokens (lanes,) are for.
    void check(size_t first, const InputRows<int32_t>& logits, size_t num_tokens) const {
        const size_t num_lanes = mixture_.lanes.size();
        require(logits.shape(0) == num_tokens && first <= num_lanes &&
                    num_tokens <= num_lanes - first &&
                    logits.shape(1) >= mixture_.vocabulary.order().size(),
                "logits don't fit the lanes");
    }

    static size_t total(const std::vector<size_t>& sizes) {
        return std::accumulate(sizes.begin(), sizes.end(), size_t{0});
    }

   private:
    using SecondModel = std::optional<language::SecondModel>;

    static SecondModel second(const PythonNetwork* network) {
        if (network == nullptr) return std::nullopt;
        return language::SecondModel{*network->network(), network->experience()};
    }

    SecondModel second_;

   protected:
    language::Mixture mixture_;

   private:
    static mix::Profile checked(int profile, const std::vector<size_t>& sizes) {
        constexpr size_t most = size_t{1} << 26;
        require(profile == 0 || profile == 1, "a profile is 0 or 1");
        require(!sizes.empty(), "a section has lanes");
        size_t total = 0;
        for (const size_t size : sizes) {
            require(size >= 1 && size <= most - total, "the size of a lane is out of range");
            total += size;
        }
        return static_cast<mix::Profile>(profile);
    }
};

class TokenEncoder : public TokenCoding {
   public:
    // `content` are the bytes of all tokens, of all lanes.
    TokenEncoder(const language::Vocabulary& vocabulary, int profile,
                 const std::vector<size_t>& sizes, size_t room, const PythonNetwork* network,
                 Input<uint8_t, 1> content)
        : TokenCoding(vocabulary, profile, sizes, network, checked(content, sizes)),
          content_(content),
          payload_(room),
          coder_(payload_.data(), payload_.size()) {}

    bool encode(size_t first, InputRows<int32_t> logits, Vector tokens) {
        check(first, logits, tokens.size());
        const exact::Matrix<const int32_t> rows = matrix(logits);
        for (size_t i = 0; i < tokens.size(); ++i) {
            const int32_t token = tokens.data()[i];
            const int64_t left = mixture_.num_left(first + i);
            if (left == 0) continue;
            require(mixture_.vocabulary.has(token), "a token is not of the vocabulary");
            const std::span<const uint8_t> bytes = mixture_.vocabulary.content(token);
            require(static_cast<int64_t>(bytes.size()) <= left,
                    "a token is longer than what its lane has left");
            const auto place = static_cast<size_t>(mixture_.lanes[first + i].mix.position);
            require(std::equal(bytes.begin(), bytes.end(), content_.data() + place),
                    "a token has other bytes than the content");
        }
        const nb::gil_scoped_release release;
        const language::Kernels& kernels = language::kernels();
        for (size_t i = 0; i < tokens.size(); ++i) {
            if (mixture_.num_left(first + i) == 0) continue;
            if (!kernels.encode(mixture_, first + i, coder_, rows.row(i), tokens.data()[i])) {
                return false;
            }
        }
        return true;
    }

    // Whole bytes written, and the width of the interval within the next six.
    std::pair<size_t, uint64_t> place() const { return {coder_.num_written(), coder_.width()}; }
    size_t num_written() const { return coder_.num_written(); }

    std::optional<nb::bytes> finish() {
        size_t size = 0;
        if (!coder_.finish(size)) return std::nullopt;
        return nb::bytes(reinterpret_cast<const char*>(payload_.data()), size);
    }

   private:
    static const uint8_t* checked(const Input<uint8_t, 1>& content,
                                  const std::vector<size_t>& sizes) {
        require(content.size() == total(sizes), "the content is as long as all lanes");
        return content.data();
    }

    Input<uint8_t, 1> content_;
    std::vector<uint8_t> payload_;
    coding::Encoder coder_;
};

class TokenDecoder : public TokenCoding {
   public:
    TokenDecoder(const language::Vocabulary& vocabulary, int profile,
                 const std::vector<size_t>& sizes, const nb::bytes& payload,
                 const PythonNetwork* network)
        : TokenCoding(vocabulary, profile, sizes, network, nullptr),
          payload_(payload),
          coder_(reinterpret_cast<const uint8_t*>(payload_.c_str()), payload_.size()) {}

    void decode(size_t first, InputRows<int32_t> logits, Output<int32_t, 1> tokens) {
        check(first, logits, tokens.size());
        const exact::Matrix<const int32_t> rows = matrix(logits);
        const nb::gil_scoped_release release;
        const language::Kernels& kernels = language::kernels();
        for (size_t i = 0; i < tokens.size(); ++i) {
            tokens.data()[i] = 0;
            if (mixture_.num_left(first + i) == 0) continue;
            tokens.data()[i] = kernels.decode(mixture_, first + i, coder_, rows.row(i));
            if (tokens.data()[i] < 0) throw DamagedPayload("a payload ends within its tokens");
        }
    }

    bool is_done() const {
        for (size_t i = 0; i < mixture_.lanes.size(); ++i) {
            if (mixture_.num_left(i) > 0) return false;
        }
        return true;
    }

    size_t num_decoded() const {
        int64_t count = 0;
        for (const auto& lane : mixture_.lanes) count += lane.mix.position - lane.mix.start;
        return static_cast<size_t>(count);
    }

    nb::bytes finish() const {
        require(is_done(), "lanes have bytes left");
        if (!coder_.finish()) throw DamagedPayload("a payload is longer than its tokens");
        const auto size = static_cast<size_t>(mixture_.lanes.back().end);
        return nb::bytes(reinterpret_cast<const char*>(mixture_.tables.history.data()), size);
    }

   private:
    nb::bytes payload_;
    coding::Decoder coder_;
};

void bind_tokens(nb::module_& m) {
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    using Sizes = const std::vector<size_t>&;
    nb::class_<language::Vocabulary>(m, "Vocabulary")
        .def(
            "__init__",
            [](language::Vocabulary* self, Input<uint8_t, 1> bytes, Vector starts) {
                new (self) language::Vocabulary(make_vocabulary(bytes, starts));
            },
            array("bytes"), array("starts"))
        .def_prop_ro(
            "order", [](const language::Vocabulary& self) { return to_array(self.order()); },
            nb::rv_policy::automatic);
    nb::class_<TokenEncoder>(m, "TokenEncoder")
        .def(nb::init<const language::Vocabulary&, int, Sizes, size_t, const PythonNetwork*,
                      Input<uint8_t, 1>>(),
             "vocabulary"_a, "profile"_a, "sizes"_a, "room"_a, "network"_a.none(), array("content"),
             nb::keep_alive<1, 2>(), nb::keep_alive<1, 6>())
        .def("encode", &TokenEncoder::encode, "first_lane"_a, array("logits"), array("tokens"))
        .def_prop_ro("place", &TokenEncoder::place)
        .def_prop_ro("num_written", &TokenEncoder::num_written)
        .def("finish", &TokenEncoder::finish);
    nb::class_<TokenDecoder>(m, "TokenDecoder")
        .def(nb::init<const language::Vocabulary&, int, Sizes, const nb::bytes&,
                      const PythonNetwork*>(),
             "vocabulary"_a, "profile"_a, "sizes"_a, "payload"_a, "network"_a.none(),
             nb::keep_alive<1, 2>(), nb::keep_alive<1, 6>())
        .def("decode", &TokenDecoder::decode, "first_lane"_a, array("logits"), array("tokens"))
        .def_prop_ro("is_done", &TokenDecoder::is_done)
        .def_prop_ro("num_decoded", &TokenDecoder::num_decoded)
        .def("finish", &TokenDecoder::finish);
}

}  // namespace

void bind_language(nb::module_& parent) {
    nb::module_ m = parent.def_submodule("language", "Language models in exact arithmetic.");
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    nb::class_<Transformer>(m, "Transformer")
        .def(nb::init<Input<int8_t, 2>, Vector, Vector, int, Input<int32_t, 4>, Vector, Vector,
                      size_t, size_t, size_t, size_t, size_t, int64_t>(),
             array("embedding"), array("rows"), array("columns"), "shift"_a, array("turns"),
             array("activation"), array("exp2"), "num_heads"_a, "num_key_heads"_a, "head_width"_a,
             "inner_width"_a, "num_sinks"_a, "epsilon"_a)
        .def("add_block", &Transformer::add_block, array("attention_gain"), "query_key_value"_a,
             "query_key_value_limit"_a, "query_limit"_a, "multiplier"_a, "shift"_a,
             "attention_out"_a, "attention_out_limit"_a, array("inner_gain"), "inner_in"_a,
             "inner_in_limit"_a, "inner_out"_a, "inner_out_limit"_a, "rotates"_a)
        .def("set_head_norms", &Transformer::set_head_norms, array("query_gain"), "query_epsilon"_a,
             "query_shift"_a, array("key_gain"), "key_epsilon"_a, "key_shift"_a)
        .def("finish", &Transformer::finish, array("last_gain"), "head"_a, "head_limit"_a);
    nb::class_<Lanes>(m, "Lanes")
        .def(nb::init<const Transformer&, size_t, size_t, size_t, size_t>(), "transformer"_a,
             "num_lanes"_a, "length"_a, "max_steps"_a, "num_threads"_a = 1, nb::keep_alive<1, 2>())
        .def("begin", &Lanes::begin)
        .def("assist", &Lanes::assist, "member"_a, "step"_a)
        .def("end", &Lanes::end)
        .def("read", &Lanes::read, array("symbols"))
        .def("take", &Lanes::take, "other"_a)
        .def("write_frequencies", &Lanes::write_frequencies, array("out"))
        .def("write_logits", &Lanes::write_logits, array("out"));
    bind_tokens(m);
}

}  // namespace neurocomp::python
