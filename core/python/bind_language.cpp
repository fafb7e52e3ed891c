// Transformers of language on numpy arrays: `neurocomp._core.language`.
#include <nanobind/nanobind.h>

#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "exact/scaling.hpp"
#include "language/transformer.hpp"
#include "linear.hpp"

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
            gain_or_none(attention_gain),
            layer(query_key_value, query_key_value_limit,
                  shape.query_width() + 2 * shape.key_width(), shape.width),
            {},
            {},
            {query_limit, multiplier, shift},
            layer(attention_out, attention_out_limit, shape.width, shape.query_width()),
            {},
            gain_or_none(inner_gain),
            layer(inner_in, inner_in_limit, 2 * shape.inner_width, shape.width, 0,
                  shape.inner_width),
            layer(inner_in, inner_in_limit, 2 * shape.inner_width, shape.width, shape.inner_width,
                  2 * shape.inner_width),
            layer(inner_out, inner_out_limit, shape.width, shape.inner_width),
            {},
            rotates,
        });
    }

    // Of the last block: of each head, or of all as one.
    void set_head_norms(Vector query_gain, int64_t query_epsilon, int query_shift, Vector key_gain,
                        int64_t key_epsilon, int key_shift) {
        require(!parts_.blocks.empty(), "a transformer has no blocks");
        language::Block& block = parts_.blocks.back();
        const language::Shape& shape = parts_.shape;
        const auto width_of = [&](const Vector& gain, size_t all) {
            return gain.shape(0) == shape.head_width ? shape.head_width : all;
        };
        block.query_norm = head_norm(query_gain, query_epsilon, query_shift,
                                     width_of(query_gain, shape.query_width()));
        block.key_norm =
            head_norm(key_gain, key_epsilon, key_shift, width_of(key_gain, shape.key_width()));
    }

    // Of the last block.
    void set_output_norms(Vector attention_gain, int64_t attention_epsilon, int attention_shift,
                          Vector inner_gain, int64_t inner_epsilon, int inner_shift) {
        require(!parts_.blocks.empty(), "a transformer has no blocks");
        language::Block& block = parts_.blocks.back();
        const size_t width = parts_.shape.width;
        block.attention_out_norm =
            head_norm(attention_gain, attention_epsilon, attention_shift, width);
        block.inner_out_norm = head_norm(inner_gain, inner_epsilon, inner_shift, width);
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
    // A block without norms of its inputs has empty arrays.
    const int32_t* gain_or_none(const Vector& values) {
        return values.shape(0) == 0 ? nullptr : gain(values);
    }
    language::HeadNorm head_norm(const Vector& values, int64_t epsilon, int shift, size_t width) {
        const int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
        require(values.shape(0) == width && width <= exact::max_width && shift >= 1 &&
                    shift <= 61 && epsilon >= 1 &&
                    epsilon < (int64_t{1} << 62) - static_cast<int64_t>(width) * most,
                "a norm doesn't fit the heads or the width of a transformer");
        gains_.push_back(values);
        return {values.data(), epsilon, shift, width};
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
          lanes_(checked(transformer, num_lanes, length, max_steps, num_threads), num_lanes, length,
                 max_steps, num_threads) {}

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
    static const language::Transformer& checked(const Transformer& transformer, size_t num_lanes,
                                                size_t length, size_t max_steps,
                                                size_t num_threads) {
        constexpr size_t most = size_t{1} << 16;
        require(num_threads >= 1 && num_threads <= most, "the number of threads is out of range");
        require(num_lanes >= 1 && num_lanes <= most && max_steps >= 1 && max_steps <= most,
                "the number of lanes or steps is out of range");
        const language::Transformer& parts = transformer.parts();
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
        .def("set_output_norms", &Transformer::set_output_norms, array("attention_gain"),
             "attention_epsilon"_a, "attention_shift"_a, array("inner_gain"), "inner_epsilon"_a,
             "inner_shift"_a)
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
