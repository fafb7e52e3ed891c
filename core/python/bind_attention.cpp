// Attention and its caches on numpy arrays: a part of `neurocomp._core.exact`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <type_traits>

#include "arrays.hpp"
#include "bindings.hpp"
#include "exact/kernels.hpp"
#include "exact/layers.hpp"
#include "exact/scaling.hpp"
#include "exact_checks.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;
using exact::kernels;
using exact::Matrix;

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

void bind_attention(nb::module_& m) {
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
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
