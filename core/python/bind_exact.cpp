// Bit-exact arithmetic on numpy arrays: `neurocomp._core.exact`.
#include <nanobind/nanobind.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "exact/kernels.hpp"
#include "exact/layers.hpp"
#include "exact/logarithms.hpp"
#include "exact/scaling.hpp"
#include "exact_checks.hpp"
#include "linear.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;
using exact::kernels;
using exact::Matrix;

using Scales = Output<int64_t, 1>;

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
    require(width >= 1 && width <= exact::max_width && values.shape(1) % width == 0,
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
    bind_attention(m);
}

}  // namespace neurocomp::python
