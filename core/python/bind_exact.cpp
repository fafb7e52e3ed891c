// Bit-exact arithmetic on numpy arrays: `neurocomp._core.exact`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <optional>

#include "arrays.hpp"
#include "exact/kernels.hpp"
#include "exact/layers.hpp"
#include "exact/logarithms.hpp"
#include "exact/scaling.hpp"
#include "linear.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;
using exact::kernels;
using exact::Matrix;

using Exp2 = Input<int32_t, 1>;
using Scales = Output<int64_t, 1>;

void check_exp2(const Exp2& table) {
    require(table.shape(0) == exact::exp2_size, "a table of powers of 2 has 1024 entries");
    require(kernels().minimum(table.data(), table.shape(0)) >= 0, "a power of 2 is negative");
}

template <typename A, typename B>
void check_alike(const A& one, const B& other) {
    require(one.shape(0) == other.shape(0) && one.shape(1) == other.shape(1),
            "arrays differ in their shapes");
}

void quantise(Input<int64_t, 2> weights, Output<int32_t, 2> out) {
    check_alike(weights, out);
    const size_t size = weights.shape(1);
    require(size >= 1 && size <= exact::max_alphabet_size, "the alphabet's size is out of range");
    const nb::gil_scoped_release release;
    for (size_t lane = 0; lane < weights.shape(0); ++lane) {
        kernels().quantise_row(weights.data() + lane * size, size, out.data() + lane * size);
    }
}

void frequencies_of_logits(InputRows<int32_t> logits, Exp2 exp2, Output<int32_t, 2> out) {
    check_alike(logits, out);
    check_exp2(exp2);
    const size_t size = logits.shape(1);
    require(size >= 1 && size <= exact::max_alphabet_size, "the alphabet's size is out of range");
    const Matrix<const int32_t> rows = matrix(logits);
    const nb::gil_scoped_release release;
    for (size_t lane = 0; lane < rows.num_rows; ++lane) {
        kernels().frequencies_of_logits(rows.row(lane), size, exp2.data(),
                                        out.data() + lane * size);
    }
}

void logarithms(Input<int64_t, 1> values, Input<int32_t, 1> table, Output<int64_t, 1> out) {
    require(values.shape(0) == out.shape(0), "arrays differ in their shapes");
    require(table.shape(0) == exact::logarithm_table_size,
            "a table of logarithms has 2048 entries");
    for (size_t i = 0; i < values.shape(0); ++i) {
        const int64_t value = values.data()[i];
        require(value >= 1 && value <= int64_t{1} << 62, "logarithms are of 1 to 2**62");
        out.data()[i] = exact::logarithm(value, table.data());
    }
}

void check_rows(size_t num_rows, size_t num_columns, const Output<int16_t, 2>& out,
                const Scales& mantissas, const Scales& exponents, int64_t limit) {
    require(out.shape(0) == num_rows && mantissas.shape(0) == num_rows &&
                exponents.shape(0) == num_rows && out.shape(1) >= num_columns,
            "arrays differ in their shapes");
    require(limit >= 1 && limit <= exact::wide_limit,
            "a limit of quantised values is out of range");
}

void quantise_rows(InputRows<int32_t> values, int64_t limit, Output<int16_t, 2> out,
                   Scales mantissas, Scales exponents) {
    check_rows(values.shape(0), values.shape(1), out, mantissas, exponents, limit);
    const Matrix<const int32_t> rows = matrix(values);
    const Matrix<int16_t> target = matrix(out);
    const nb::gil_scoped_release release;
    kernels().quantise_rows(rows, nullptr, limit, target, mantissas.data(), exponents.data());
}

void normalise_rows(InputRows<int32_t> values, Input<int32_t, 1> gain, int64_t epsilon, bool center,
                    int64_t limit, Output<int16_t, 2> out, Scales mantissas, Scales exponents) {
    const size_t width = values.shape(1);
    check_rows(values.shape(0), width, out, mantissas, exponents, limit);
    require(gain.shape(0) == width, "a norm has one gain for each column");
    require(width >= 1 && width <= exact::max_width, "a norm's width is out of range");
    const int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
    require(epsilon >= 1 && epsilon < (int64_t{1} << 62) - static_cast<int64_t>(width) * most,
            "a norm's epsilon is out of range");
    const Matrix<const int32_t> rows = matrix(values);
    const Matrix<int16_t> target = matrix(out);
    const nb::gil_scoped_release release;
    exact::normalise_rows(rows, gain.data(), epsilon, center, limit, target, mantissas.data(),
                          exponents.data());
}

void normalise_heads(OutputRows<int32_t> values, Input<int32_t, 1> gain, int64_t epsilon,
                     int shift) {
    const size_t width = gain.shape(0);
    require(width >= 1 && width <= 1024 && values.shape(1) % width == 0,
            "a norm doesn't fit heads");
    require(shift >= 1 && shift <= 61, "a norm's shift is out of range");
    const int64_t most = int64_t{exact::residual_limit} * exact::residual_limit;
    require(epsilon >= 1 && epsilon < (int64_t{1} << 62) - static_cast<int64_t>(width) * most,
            "a norm's epsilon is out of range");
    const Matrix<int32_t> rows = matrix(values);
    const nb::gil_scoped_release release;
    kernels().normalise_heads(rows, gain.data(), width, epsilon, shift);
}

void activate(OutputRows<int32_t> values, Input<int32_t, 1> table, bool saturates) {
    require(table.shape(0) == exact::table_size, "a table of a function has 32768 entries");
    const Matrix<int32_t> rows = matrix(values);
    const nb::gil_scoped_release release;
    kernels().activate_rows(rows, table.data(), saturates);
}

void gate(OutputRows<int32_t> gates, InputRows<int32_t> values, int64_t clip) {
    check_alike(gates, values);
    check_clip(clip);
    const Matrix<int32_t> rows = matrix(gates);
    const Matrix<const int32_t> factors = matrix(values);
    const nb::gil_scoped_release release;
    kernels().gate_rows(rows, factors, clip);
}

void rotate(OutputRows<int32_t> values, size_t head_width, Input<int16_t, 2> cosines,
            Input<int16_t, 2> sines, size_t start, size_t num_steps) {
    check_alike(cosines, sines);
    require(head_width >= 2 && head_width % 2 == 0 && values.shape(1) % head_width == 0 &&
                cosines.shape(1) == head_width / 2,
            "rotations don't fit the heads");
    const size_t num_positions = cosines.shape(0);
    require(num_steps >= 1 && num_steps <= num_positions && start <= num_positions - num_steps,
            "positions are beyond the table of rotations");
    const Matrix<int32_t> rows = matrix(values);
    const nb::gil_scoped_release release;
    kernels().rotate_rows(rows, head_width, cosines.data(), sines.data(), start, num_steps);
}

void add(OutputRows<int32_t> values, InputRows<int32_t> increments, int64_t clip) {
    check_alike(values, increments);
    check_clip(clip);
    const Matrix<int32_t> rows = matrix(values);
    const Matrix<const int32_t> more = matrix(increments);
    const nb::gil_scoped_release release;
    kernels().add_rows(rows, more, clip);
}

void recur(OutputRows<int32_t> states, InputRows<int32_t> gates, InputRows<int32_t> candidates,
           Input<int32_t, 1> table) {
    check_alike(states, gates);
    check_alike(states, candidates);
    require(table.shape(0) == exact::table_size, "a table of gates has 32768 entries");
    const Matrix<int32_t> rows = matrix(states);
    const Matrix<const int32_t> shares = matrix(gates), targets = matrix(candidates);
    const nb::gil_scoped_release release;
    kernels().recur(rows, shares, targets, table.data());
}

void square(OutputRows<int32_t> values, int64_t clip) {
    check_clip(clip);
    const Matrix<int32_t> rows = matrix(values);
    const nb::gil_scoped_release release;
    kernels().square_rows(rows, clip);
}

template <typename Array>
auto cache_of(const Array& array) {
    using Element = std::remove_reference_t<decltype(*array.data())>;
    return exact::Cache<Element>{array.data(), array.shape(0), array.shape(1), array.shape(2),
                                 array.shape(3)};
}

// Steps of each lane, which lie in the cache's positions from `start` on.
size_t steps_of(size_t num_rows, size_t num_lanes, size_t num_positions, size_t start) {
    require(num_lanes >= 1 && num_rows >= 1 && num_rows % num_lanes == 0,
            "rows are not whole steps of all lanes");
    const size_t num_steps = num_rows / num_lanes;
    require(num_steps <= num_positions && start <= num_positions - num_steps,
            "steps are beyond a cache");
    return num_steps;
}

void store_heads(InputRows<int32_t> values, size_t start, Output<int16_t, 4> cache) {
    require(values.shape(1) == cache.shape(1) * cache.shape(3), "heads don't fit a cache");
    steps_of(values.shape(0), cache.shape(0), cache.shape(2), start);
    const Matrix<const int32_t> rows = matrix(values);
    const exact::Cache<int16_t> target = cache_of(cache);
    const nb::gil_scoped_release release;
    kernels().store_heads(rows, start, target);
}

// What positions see: see neurocomp/exact/attention.py.  It reads the arrays that it was made of.
class Sight {
   public:
    Sight(Input<int32_t, 1> bounds, Input<int32_t, 1> positions)
        : bounds_(bounds), positions_(positions) {
        require(bounds.shape(0) >= 2, "a sight has no positions");
        parts_ = {bounds_.data(), positions_.data()};
        require(exact::is_sound(parts_, num_positions(), positions.shape(0)),
                "a sight's positions don't rise up to the one that sees them");
    }
    size_t num_positions() const { return bounds_.shape(0) - 1; }
    const exact::Sight& parts() const { return parts_; }

   private:
    Input<int32_t, 1> bounds_;
    Input<int32_t, 1> positions_;
    exact::Sight parts_;
};

void attend(InputRows<int32_t> queries, Input<int16_t, 4> keys, Input<int16_t, 4> values,
            size_t start, int64_t query_limit, int64_t multiplier, int64_t shift, Exp2 exp2,
            const Sight* sight, OutputRows<int32_t> out) {
    check_alike(queries, out);
    check_exp2(exp2);
    for (size_t i = 0; i < 4; ++i) {
        require(keys.shape(i) == values.shape(i), "caches differ in their shapes");
    }
    const size_t width = keys.shape(3), num_key_heads = keys.shape(1);
    require(width >= 1 && num_key_heads >= 1 && queries.shape(1) % (width * num_key_heads) == 0,
            "queries don't fit the heads of a cache");
    const size_t num_steps = steps_of(queries.shape(0), keys.shape(0), keys.shape(2), start);
    require(sight == nullptr || start + num_steps <= sight->num_positions(),
            "steps are beyond what a sight says");
    require(query_limit >= 1 && query_limit < int64_t{1} << 17 && multiplier >= 1 &&
                multiplier <= int64_t{1} << 15,
            "the scale of an attention layer is out of range");
    const Matrix<const int32_t> rows = matrix(queries);
    const Matrix<int32_t> target = matrix(out);
    const exact::Cache<const int16_t> key_cache = cache_of(keys), value_cache = cache_of(values);
    const nb::gil_scoped_release release;
    exact::attend(rows, key_cache, value_cache, start, {query_limit, multiplier, shift},
                  exp2.data(), sight != nullptr ? &sight->parts() : nullptr, target);
}

using Bytes = Output<int8_t, 4>;
using ByteScales = Output<int32_t, 3>;

exact::ByteCache byte_cache(const Bytes& values, const ByteScales& scales) {
    for (size_t i = 0; i < 3; ++i) {
        require(values.shape(i) == scales.shape(i), "scales don't fit a cache");
    }
    require(values.shape(0) >= 1 && values.shape(1) >= 1 && values.shape(3) >= 1,
            "a cache is empty");
    return {values.data(),   scales.data(),   values.shape(0),
            values.shape(1), values.shape(2), values.shape(3)};
}

// The window of a cache into which the steps of rows are read.
exact::Window window_of(const exact::ByteCache& cache, size_t num_rows, size_t start, size_t length,
                        size_t num_sinks) {
    require(length >= 1 && length <= exact::max_window && num_sinks < length &&
                length <= cache.num_slots,
            "a window is out of range");
    require(num_rows >= 1 && num_rows % cache.num_lanes == 0 &&
                num_rows / cache.num_lanes <= cache.num_slots - length + 1,
            "steps don't fit a window's cache");
    require(start < exact::max_positions, "steps are beyond the longest lane");
    return {length, num_sinks, cache.num_slots};
}

void store_window(InputRows<int32_t> values, size_t start, size_t length, size_t num_sinks,
                  Bytes bytes, ByteScales scales) {
    const exact::ByteCache cache = byte_cache(bytes, scales);
    require(values.shape(1) == cache.num_heads * cache.width, "heads don't fit a cache");
    const exact::Window window = window_of(cache, values.shape(0), start, length, num_sinks);
    const Matrix<const int32_t> rows = matrix(values);
    const nb::gil_scoped_release release;
    kernels().store_window(rows, start, window, cache);
}

void attend_window(InputRows<int32_t> queries, InputRows<int32_t> far_queries, Bytes keys,
                   ByteScales key_scales, Bytes values, ByteScales value_scales, size_t start,
                   size_t length, size_t num_sinks, int64_t query_limit, int64_t multiplier,
                   int64_t shift, Exp2 exp2, OutputRows<int32_t> out) {
    check_alike(queries, far_queries);
    check_alike(queries, out);
    check_exp2(exp2);
    for (size_t i = 0; i < 4; ++i) {
        require(keys.shape(i) == values.shape(i), "caches differ in their shapes");
    }
    const exact::ByteCache key_cache = byte_cache(keys, key_scales);
    const exact::ByteCache value_cache = byte_cache(values, value_scales);
    const size_t shared = key_cache.width * key_cache.num_heads;
    require(queries.shape(1) % shared == 0 && queries.shape(1) / shared >= 1 &&
                queries.shape(1) / shared <= exact::max_query_group,
            "queries don't fit the heads of a cache");
    require(query_limit >= 1 && query_limit <= exact::wide_limit && multiplier >= 1 &&
                multiplier <= int64_t{1} << 15,
            "the scale of an attention layer is out of range");
    const exact::Window window = window_of(key_cache, queries.shape(0), start, length, num_sinks);
    const Matrix<const int32_t> near = matrix(queries), far = matrix(far_queries);
    const Matrix<int32_t> target = matrix(out);
    const nb::gil_scoped_release release;
    exact::attend_window(near, far, key_cache, value_cache, start, window,
                         {query_limit, multiplier, shift}, exp2.data(), target);
}

}  // namespace

void bind_exact(nb::module_& parent) {
    nb::module_ m = parent.def_submodule("exact", "Bit-exact arithmetic of models.");
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("quantise", &quantise, array("weights"), array("out"));
    m.def("frequencies_of_logits", &frequencies_of_logits, array("logits"), array("exp2"),
          array("out"));
    m.def("logarithms", &logarithms, array("values"), array("table"), array("out"));
    m.def("quantise_rows", &quantise_rows, array("values"), "limit"_a, array("out"),
          array("mantissas"), array("exponents"));
    m.def("normalise_rows", &normalise_rows, array("values"), array("gain"), "epsilon"_a,
          "center"_a, "limit"_a, array("out"), array("mantissas"), array("exponents"));
    m.def("normalise_heads", &normalise_heads, array("values"), array("gain"), "epsilon"_a,
          "shift"_a);
    m.def("activate", &activate, array("values"), array("table"), "saturates"_a);
    m.def("gate", &gate, array("gates"), array("values"), "clip"_a);
    m.def("rotate", &rotate, array("values"), "head_width"_a, array("cosines"), array("sines"),
          "start"_a, "num_steps"_a);
    m.def("add", &add, array("values"), array("increments"), "clip"_a);
    m.def("recur", &recur, array("states"), array("gates"), array("candidates"), array("table"));
    m.def("square", &square, array("values"), "clip"_a);
    nb::class_<Linear>(m, "Linear")
        .def(nb::init<Input<int8_t, 2>, Input<int64_t, 1>, Input<int32_t, 1>, int64_t, int64_t>(),
             array("weight"), array("multiplier"), array("bias"), "shift"_a, "clip"_a)
        .def("apply", &Linear::apply, array("rows"), array("mantissas"), array("exponents"),
             array("out"));
    m.def("store_heads", &store_heads, array("values"), "start"_a, array("cache"));
    nb::class_<Sight>(m, "Sight")
        .def(nb::init<Input<int32_t, 1>, Input<int32_t, 1>>(), array("bounds"), array("positions"));
    m.def("attend", &attend, array("queries"), array("keys"), array("values"), "start"_a,
          "query_limit"_a, "multiplier"_a, "shift"_a, array("exp2"), "sight"_a.none(),
          array("out"));
    m.def("store_window", &store_window, array("values"), "start"_a, "length"_a, "num_sinks"_a,
          array("bytes"), array("scales"));
    m.def("attend_window", &attend_window, array("queries"), array("far_queries"), array("keys"),
          array("key_scales"), array("values"), array("value_scales"), "start"_a, "length"_a,
          "num_sinks"_a, "query_limit"_a, "multiplier"_a, "shift"_a, array("exp2"), array("out"));
}

}  // namespace neurocomp::python
