// The core as Python sees it: neurocomp/_core/__init__.pyi says what each function takes.
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
#include <string>
#include <utility>
#include <vector>

#include "base/processor.hpp"
#include "coding/binary.hpp"
#include "network/batch.hpp"
#include "sections/sections.hpp"
#include "weights.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace neurocomp::python {

// One room each: bind_*.cpp.
void bind_coding(nb::module_& parent);
void bind_content(nb::module_& parent);
void bind_exact(nb::module_& parent);
void bind_images(nb::module_& parent);
void bind_language(nb::module_& parent);
void bind_models(nb::module_& parent);
void bind_weights(nb::module_& parent);

}  // namespace neurocomp::python

namespace neurocomp {

namespace {

template <typename T, size_t dimensions>
using Tensor = nb::ndarray<const T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
using ByteArray = Tensor<uint8_t, 1>;
using WritableBytes = nb::ndarray<uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

Bytes bytes_of(const ByteArray& array) { return {array.data(), array.size()}; }
Bytes bytes_of(const nb::bytes& content) {
    return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

template <typename T>
nb::object array_of(const T* data, std::vector<size_t> shape) {
    size_t size = 1;
    for (const size_t one : shape) size *= one;
    auto* const copy = new T[size];
    std::copy_n(data, size, copy);
    const nb::capsule owner(copy, [](void* memory) noexcept { delete[] static_cast<T*>(memory); });
    return nb::cast(nb::ndarray<nb::numpy, T>(copy, shape.size(), shape.data(), owner));
}

using python::PythonNetwork;

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

// What a network makes of each byte of lanes (lanes, n) before it reads it: (lanes, n, 256).
nb::object weigh(const PythonNetwork& network, const Tensor<uint8_t, 2>& symbols, size_t ahead) {
    const size_t num_lanes = symbols.shape(0);
    const size_t num_steps = symbols.shape(1);
    require(num_lanes >= 1 && num_lanes <= 4096 && ahead >= 1 && ahead <= 4096,
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
        return nb::cast(nb::ndarray<nb::numpy, T>(values, 2, shape_, owner));
    }

   private:
    size_t shape_[2];
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
    for (const nb::bytes& payload : payloads) contents.push_back(bytes_of(payload));
    std::vector<std::span<uint8_t>> parts;
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

// The coder alone, for tests and benchmarks of it.
nb::object encode_bits(const ByteArray& bits, const Tensor<uint16_t, 1>& probabilities,
                       size_t room) {
    require(bits.size() == probabilities.size(), "each bit has a probability");
    Payload payload(room);
    coding::Encoder coder(payload.data(), payload.size());
    for (size_t i = 0; i < bits.size(); ++i) {
        require(probabilities.data()[i] > 0, "a probability is 1 to 65535");
        coder.code(probabilities.data()[i], bits.data()[i] != 0 ? 1 : 0);
    }
    size_t size = 0;
    if (!coder.finish(size)) return nb::none();
    return nb::bytes(payload.data(), size);
}

nb::tuple decode_bits(const nb::bytes& payload, const Tensor<uint16_t, 1>& probabilities) {
    const Bytes content = bytes_of(payload);
    coding::Decoder coder(content.data(), content.size());
    std::vector<uint8_t> bits(probabilities.size());
    for (size_t i = 0; i < bits.size(); ++i) {
        require(probabilities.data()[i] > 0, "a probability is 1 to 65535");
        bits[i] = static_cast<uint8_t>(coder.code(probabilities.data()[i], 0));
    }
    return nb::make_tuple(array_of(bits.data(), {bits.size()}), coder.finish());
}

// A decoder that is asked bit by bit, and keeps its payload.
class PythonDecoder {
   public:
    explicit PythonDecoder(const nb::bytes& payload)
        : payload_(bytes_of(payload).begin(), bytes_of(payload).end()),
          coder_(payload_.data(), payload_.size()) {}

    int decode(uint32_t p) {
        require(p >= 1 && p <= 65535, "a probability is 1 to 65535");
        return coder_.code(p, 0);
    }
    bool is_spent() const { return coder_.is_spent(); }
    bool finish() const { return coder_.finish(); }

   private:
    Payload payload_;
    coding::Decoder coder_;
};

std::vector<std::string> processor_names() {
    std::vector<std::string> names;
    for (const Processor one : available_processors()) names.emplace_back(name_of(one));
    return names;
}

}  // namespace

}  // namespace neurocomp

NB_MODULE(_core, module) {
    using namespace neurocomp;

    // Models are kept until the process ends, which is no leak, and nothing for people to read.
    nb::set_leak_warnings(false);

    nb::exception<DamagedPayload>(module, "DamagedPayload", PyExc_ValueError);

    module.def("processors", &processor_names);
    module.def("processor", [] { return std::string(name_of(processor_in_use())); });
    module.def("use_processor", &use_processor, "name"_a);

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

    nb::class_<PythonDecoder>(module, "BitDecoder")
        .def(nb::init<const nb::bytes&>(), "payload"_a)
        .def("decode", &PythonDecoder::decode, "p"_a)
        .def("is_spent", &PythonDecoder::is_spent)
        .def("finish", &PythonDecoder::finish);
    module.def("encode_bits", &encode_bits, "bits"_a, "probabilities"_a, "room"_a);
    module.def("decode_bits", &decode_bits, "payload"_a, "probabilities"_a);

    python::bind_coding(module);
    python::bind_content(module);
    python::bind_exact(module);
    python::bind_images(module);
    python::bind_language(module);
    python::bind_models(module);
    python::bind_weights(module);
}
