// Sections of bytes, coded by contexts and networks: `neurocomp._core`.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/constants.hpp"
#include "bindings.hpp"
#include "contents.hpp"
#include "network/batch.hpp"
#include "sections/sections.hpp"
#include "weights.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

constexpr size_t max_ahead = 4096;  // positions that are weighed at once

// What a network makes of each byte of lanes (lanes, n) before it reads it: (lanes, n, 256).
nb::object weigh(const PythonNetwork& network, const Tensor<uint8_t, 2>& symbols, size_t ahead) {
    const size_t num_lanes = symbols.shape(0);
    const size_t num_steps = symbols.shape(1);
    require(num_lanes >= 1 && num_lanes <= format::max_lanes && ahead >= 1 && ahead <= max_ahead,
            "1 to 4096 lanes and positions are weighed at once");
    std::vector<int32_t> weights(num_lanes * num_steps * network::alphabet_size);
    {
        const nb::gil_scoped_release release;
        network::Lanes lanes(*network.network(), num_lanes, num_lanes * ahead);
        std::vector<uint32_t> active(num_lanes);
        std::iota(active.begin(), active.end(), uint32_t{0});
        std::vector<const uint8_t*> known(num_lanes);
        for (size_t first = 0; first < num_steps; first += ahead) {
            const size_t count = std::min(ahead, num_steps - first);
            for (size_t i = 0; i < num_lanes; ++i) {
                known[i] = symbols.data() + i * num_steps + first;
            }
            if (ahead == 1) {
                lanes.step(active.data(), num_lanes);
                for (size_t i = 0; i < num_lanes; ++i) lanes.read(i, *known[i]);
            } else {
                lanes.step_ahead(active.data(), num_lanes, known.data(), count);
            }
            for (size_t i = 0; i < num_lanes; ++i) {
                std::copy_n(lanes.weights(i * count), count * network::alphabet_size,
                            weights.data() + (i * num_steps + first) * network::alphabet_size);
            }
        }
    }
    return array_of(weights.data(), {num_lanes, num_steps, network::alphabet_size});
}

// Tells Python how many bytes are done; None for nobody.
Progress progress_of(const nb::object& callback) {
    if (callback.is_none()) return [](size_t) {};
    return [&callback](size_t num_bytes) {
        const nb::gil_scoped_acquire acquire;
        callback(num_bytes);
    };
}

// What `encode`, `decode` and `learn` take by name.
struct PythonPlan {
    std::optional<ByteArray> dictionary;
    Plan plan;

    PythonPlan(int profile, size_t num_lanes, const PythonNetwork* network, Primer* primer,
               std::optional<ByteArray> read_before)
        : dictionary(std::move(read_before)) {
        require(profile == 0 || profile == 1, "there are two profiles");
        plan.profile = static_cast<mix::Profile>(profile);
        plan.num_lanes = num_lanes;
        plan.network = network == nullptr ? nullptr : network->network();
        plan.experience = network == nullptr ? nullptr : network->experience();
        plan.primer = primer;
        if (dictionary) plan.dictionary = bytes_of(*dictionary);
    }
};

nb::list encode_sections(const std::vector<ByteArray>& sections, size_t room, int profile,
                         size_t num_lanes, const PythonNetwork* network, Primer* primer,
                         std::optional<ByteArray> dictionary, const nb::object& progress) {
    const PythonPlan plan(profile, num_lanes, network, primer, std::move(dictionary));
    std::vector<Bytes> parts;
    parts.reserve(sections.size());
    for (const ByteArray& section : sections) parts.push_back(bytes_of(section));
    const Progress tell = progress_of(progress);
    std::vector<std::optional<Payload>> payloads;
    {
        const nb::gil_scoped_release release;
        payloads = encode(plan.plan, parts, room, tell);
    }
    nb::list result;
    for (const auto& payload : payloads) {
        result.append(payload ? nb::object(nb::bytes(payload->data(), payload->size()))
                              : nb::object(nb::none()));
    }
    return result;
}

// Rows of zeros that become an array without being copied.
template <typename T>
class Notes {
   public:
    Notes(size_t width, size_t num_rows)
        : shape_{num_rows, width}, values_(new T[num_rows * width]()) {}

    T* data() { return values_.get(); }
    nb::object array() {
        T* const values = values_.release();
        const nb::capsule owner(values,
                                [](void* memory) noexcept { delete[] static_cast<T*>(memory); });
        return nb::cast(nb::ndarray<nb::numpy, T>(values, shape_.size(), shape_.data(), owner));
    }

   private:
    std::array<size_t, 2> shape_;
    std::unique_ptr<T[]> values_;
};

// Encodes a section and returns its payload and what was noted of its bytes.
nb::tuple trace_section(const ByteArray& section, size_t room, size_t first_asked,
                        size_t last_asked, int profile, size_t num_lanes,
                        const PythonNetwork* network, Primer* primer,
                        std::optional<ByteArray> dictionary, const nb::object& progress) {
    const PythonPlan plan(profile, num_lanes, network, primer, std::move(dictionary));
    const size_t size = section.size();
    require(first_asked <= last_asked && last_asked <= size,
            "bytes are asked for that are not there");
    const size_t num_asked = last_asked - first_asked;
    Notes<uint16_t> chosen(8, size), matched(8, size);
    Notes<int64_t> foreseen(2, plan.plan.network == nullptr ? 0 : size);
    Notes<uint8_t> likely(mix::num_likely, num_asked);
    Notes<uint32_t> shares(mix::num_likely, num_asked);
    const mix::Tape tape = {chosen.data(), matched.data(), foreseen.data(), likely.data(),
                            shares.data(), first_asked,    last_asked};
    const Progress tell = progress_of(progress);
    std::optional<Payload> payload;
    {
        const nb::gil_scoped_release release;
        payload = trace(plan.plan, bytes_of(section), room, tape, tell);
    }
    return nb::make_tuple(
        payload ? nb::object(nb::bytes(payload->data(), payload->size())) : nb::object(nb::none()),
        chosen.array(), matched.array(), foreseen.array(), likely.array(), shares.array());
}

void decode_sections(const std::vector<nb::bytes>& payloads,
                     const std::vector<WritableBytes>& sections, int profile, size_t num_lanes,
                     const PythonNetwork* network, Primer* primer,
                     std::optional<ByteArray> dictionary, const nb::object& progress) {
    const PythonPlan plan(profile, num_lanes, network, primer, std::move(dictionary));
    std::vector<Bytes> contents;
    contents.reserve(payloads.size());
    for (const nb::bytes& payload : payloads) contents.push_back(bytes_of(payload));
    std::vector<std::span<uint8_t>> parts;
    parts.reserve(sections.size());
    for (const WritableBytes& section : sections)
        parts.emplace_back(section.data(), section.size());
    const Progress tell = progress_of(progress);
    const nb::gil_scoped_release release;
    decode(plan.plan, contents, parts, tell);
}

nb::tuple learn_section(const ByteArray& section, int profile, const PythonNetwork* network) {
    const PythonPlan plan(profile, 1, network, nullptr, std::nullopt);
    std::unique_ptr<const mix::Tables> tables;
    std::vector<int32_t> weights(size_t{mix::num_rows} * mix::num_inputs);
    std::vector<int32_t> final_weights(size_t{mix::num_final_rows} * mix::num_sets);
    {
        const nb::gil_scoped_release release;
        tables = learn(plan.plan, bytes_of(section));
        tables->store_weights(weights.data(), final_weights.data());
    }
    return nb::make_tuple(
        array_of(weights.data(), {mix::num_rows, mix::num_inputs}),
        array_of(final_weights.data(), {mix::num_final_rows, mix::num_sets}),
        array_of(tables->history_maps.data(), {tables->history_maps.size()}),
        array_of(tables->order0_map.data(), {tables->order0_map.size()}),
        array_of(tables->match_maps.data(), {mix::num_matches, mix::match_steps}));
}

}  // namespace

void bind_sections(nb::module_& module) {
    nb::class_<Primer>(module, "Primer")
        .def(
            "__init__",
            [](Primer* self, const nb::bytes& content) { new (self) Primer(bytes_of(content)); },
            "content"_a);

    nb::class_<PythonNetwork>(module, "Network")
        .def(nb::init<const nb::bytes&, const std::string&>(), "file"_a, "check"_a)
        .def_prop_ro("section_lanes",
                     [](const PythonNetwork& one) { return one.network()->shape().section_lanes; })
        .def("set_experience", &PythonNetwork::set_experience, "parts"_a.none())
        .def("weigh", &weigh, "symbols"_a, "ahead"_a = 1);

    module.def("encode", &encode_sections, "sections"_a, "room"_a, nb::kw_only(), "profile"_a,
               "num_lanes"_a = 1, "network"_a.none() = nb::none(), "primer"_a.none() = nb::none(),
               "dictionary"_a.none() = nb::none(), "progress"_a.none() = nb::none());
    module.def("decode", &decode_sections, "payloads"_a, "sections"_a, nb::kw_only(), "profile"_a,
               "num_lanes"_a = 1, "network"_a.none() = nb::none(), "primer"_a.none() = nb::none(),
               "dictionary"_a.none() = nb::none(), "progress"_a.none() = nb::none());
    module.def("trace", &trace_section, "section"_a, "room"_a, nb::kw_only(), "first_asked"_a = 0,
               "last_asked"_a = 0, "profile"_a, "num_lanes"_a = 1, "network"_a.none() = nb::none(),
               "primer"_a.none() = nb::none(), "dictionary"_a.none() = nb::none(),
               "progress"_a.none() = nb::none());
    module.def("learn", &learn_section, "section"_a, nb::kw_only(), "profile"_a,
               "network"_a.none() = nb::none());
}

}  // namespace neurocomp::python
