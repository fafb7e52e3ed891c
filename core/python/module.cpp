// The core as Python sees it: neurocomp/_core.pyi says what each function takes.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/processor.hpp"
#include "coding/binary.hpp"
#include "coding/classes.hpp"
#include "network/batch.hpp"
#include "sections/sections.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace neurocomp::python {

// One room each: bind_*.cpp.
void bind_coding(nb::module_& parent);
void bind_exact(nb::module_& parent);
void bind_images(nb::module_& parent);
void bind_models(nb::module_& parent);

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

// A linear layer's weight (N, K), multiplier (N,), bias (N,) and shift.
struct PythonLayer {
    Tensor<int8_t, 2> weight;
    Tensor<int64_t, 1> multiplier;
    Tensor<int32_t, 1> bias;
    int64_t shift;
};

PythonLayer layer_of(const nb::tuple& parts) {
    if (parts.size() != 4) throw std::invalid_argument("a layer has four parts");
    return {nb::cast<Tensor<int8_t, 2>>(parts[0]), nb::cast<Tensor<int64_t, 1>>(parts[1]),
            nb::cast<Tensor<int32_t, 1>>(parts[2]), nb::cast<int64_t>(parts[3])};
}

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

// A network, what its mixers know, and the arrays that it keeps.
class PythonNetwork {
   public:
    PythonNetwork(int width, int num_blocks, int context, int inner_width, int64_t epsilon,
                  const std::vector<std::pair<int, int>>& tables,
                  Tensor<int32_t, 3> embeddings, Tensor<int8_t, 2> hashed,
                  Tensor<int32_t, 1> hashed_scales, const nb::list& layers,
                  const Tensor<int32_t, 1>& gates, const Tensor<int32_t, 1>& silu,
                  const Tensor<int32_t, 1>& exp2, const nb::object& experience)
        : embeddings_(std::move(embeddings)),
          hashed_(std::move(hashed)),
          hashed_scales_(std::move(hashed_scales)),
          gates_(gates),
          silu_(silu),
          exp2_(exp2) {
        network::Shape shape{width, num_blocks, context, inner_width, epsilon, {}};
        for (const auto& [length, bits] : tables) shape.tables.push_back({length, bits});
        shape.check();
        const auto columns = static_cast<size_t>(width);
        const auto inner = static_cast<size_t>(inner_width);
        require(embeddings_.shape(0) == static_cast<size_t>(context) &&
                    embeddings_.shape(1) == network::alphabet_size &&
                    embeddings_.shape(2) == columns,
                "the embeddings of a network have a wrong shape");
        require(hashed_.shape(0) == shape.num_hashed_rows() && hashed_.shape(1) == columns &&
                    hashed_scales_.shape(0) == shape.num_hashed_rows(),
                "the hashed embeddings of a network have a wrong shape");
        require(gates_.size() == network::table_size && silu_.size() == network::table_size &&
                    exp2_.size() == network::exp2_size,
                "a table of a network has a wrong size");
        const std::array<std::pair<size_t, size_t>, 4> sizes = {
            {{3 * columns, columns}, {columns, columns}, {inner, columns}, {columns, inner}}};
        const size_t num_layers = 4 * static_cast<size_t>(num_blocks) + 1;
        require(layers.size() == num_layers, "a network has four layers a block and a head");
        network::Tensors tensors{embeddings_.data(), hashed_.data(), hashed_scales_.data(), {},
                                 gates_.data(),      silu_.data(),   exp2_.data()};
        std::vector<PythonLayer> parts;  // packed by the network, and needed no longer
        for (size_t i = 0; i < num_layers; ++i) {
            parts.push_back(layer_of(nb::cast<nb::tuple>(layers[i])));
            const PythonLayer& one = parts.back();
            const auto [outputs, inputs] =
                i + 1 < num_layers ? sizes[i % 4] : std::pair(size_t{256}, columns);
            require(one.weight.shape(0) == outputs && one.weight.shape(1) == inputs &&
                        one.multiplier.size() == outputs && one.bias.size() == outputs,
                    "a layer of a network has a wrong shape");
            tensors.layers.push_back(
                {one.weight.data(), one.multiplier.data(), one.bias.data(), one.shift});
        }
        network_.emplace(std::move(shape), tensors);
        if (!experience.is_none()) take_experience(nb::cast<nb::tuple>(experience));
    }

    const network::Network* network() const { return &*network_; }
    const mix::Experience* experience() const { return experience_ ? &*experience_ : nullptr; }

   private:
    void take_experience(const nb::tuple& parts) {
        require(parts.size() == 5, "what the mixers know has five parts");
        weights_ = nb::cast<Tensor<int32_t, 2>>(parts[0]);
        final_weights_ = nb::cast<Tensor<int32_t, 2>>(parts[1]);
        history_maps_ = nb::cast<Tensor<uint32_t, 1>>(parts[2]);
        order0_map_ = nb::cast<Tensor<uint32_t, 1>>(parts[3]);
        match_maps_ = nb::cast<Tensor<uint32_t, 2>>(parts[4]);
        require(weights_.shape(0) == mix::num_rows && weights_.shape(1) == mix::num_inputs &&
                    final_weights_.shape(0) == mix::num_final_rows &&
                    final_weights_.shape(1) == mix::num_sets &&
                    history_maps_.size() == size_t{mix::num_contexts} * mix::num_histories &&
                    order0_map_.size() == 256 && match_maps_.shape(0) == mix::num_matches &&
                    match_maps_.shape(1) == mix::match_steps,
                "what the mixers know has a wrong shape");
        const auto within = [](const Tensor<int32_t, 2>& tensor, int32_t limit) {
            return std::all_of(tensor.data(), tensor.data() + tensor.size(),
                               [=](int32_t value) { return -limit <= value && value <= limit; });
        };
        require(within(weights_, (1 << 19) - 1) && within(final_weights_, 1 << 20),
                "what the mixers know is out of range");
        experience_ = {weights_.data(), final_weights_.data(), history_maps_.data(),
                       order0_map_.data(), match_maps_.data()};
    }

    Tensor<int32_t, 3> embeddings_;
    Tensor<int8_t, 2> hashed_;
    Tensor<int32_t, 1> hashed_scales_, gates_, silu_, exp2_;
    Tensor<int32_t, 2> weights_, final_weights_;
    Tensor<uint32_t, 1> history_maps_, order0_map_;
    Tensor<uint32_t, 2> match_maps_;
    std::optional<network::Network> network_;
    std::optional<mix::Experience> experience_;
};

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

void decode_sections(const std::vector<nb::bytes>& payloads,
                     const std::vector<WritableBytes>& sections, int profile, size_t num_lanes,
                     const PythonNetwork* network, Primer* primer,
                     std::optional<ByteArray> dictionary, const nb::object& progress) {
    const PythonPlan plan(profile, num_lanes, network, primer, std::move(dictionary));
    std::vector<Bytes> contents;
    for (const nb::bytes& payload : payloads) contents.push_back(bytes_of(payload));
    std::vector<std::span<uint8_t>> parts;
    for (const WritableBytes& section : sections) parts.emplace_back(section.data(), section.size());
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

template <typename T>
nb::tuple decode_classes_as(const Tensor<uint32_t, 1>& words, const Tensor<int32_t, 1>& frequencies,
                            const Tensor<int64_t, 1>& values, const Tensor<uint8_t, 1>& widths,
                            size_t size) {
    std::vector<T> table(values.size());
    std::transform(values.data(), values.data() + values.size(), table.begin(),
                   [](int64_t value) { return static_cast<T>(value); });
    const bool with_widths =
        std::any_of(widths.data(), widths.data() + widths.size(), [](uint8_t one) { return one != 0; });
    const size_t num_widths = with_widths ? size : 0;
    auto* const found = new T[size];
    const nb::capsule owner(found, [](void* memory) noexcept { delete[] static_cast<T*>(memory); });
    auto* const rests = new uint8_t[num_widths];
    const nb::capsule other(
        rests, [](void* memory) noexcept { delete[] static_cast<uint8_t*>(memory); });
    {
        const nb::gil_scoped_release release;
        coding::ClassDecoder decoder({words.data(), words.size()},
                                     {frequencies.data(), frequencies.size()});
        for (size_t i = 0; i < size; ++i) {
            size_t symbol = 0;
            if (!decoder.decode(symbol)) {
                throw DamagedPayload("coded integers are damaged: they have no class");
            }
            found[i] = table[symbol];
            if (with_widths) rests[i] = widths.data()[symbol];
        }
    }
    return nb::make_tuple(nb::cast(nb::ndarray<nb::numpy, T>(found, 1, &size, owner)),
                          nb::cast(nb::ndarray<nb::numpy, uint8_t>(rests, 1, &num_widths, other)));
}

// Values of classes, and how many bits of each are still to come; values fit `item_bytes`.
nb::tuple decode_classes(const Tensor<uint32_t, 1>& words, const Tensor<int32_t, 1>& frequencies,
                         const Tensor<int64_t, 1>& values, const Tensor<uint8_t, 1>& widths,
                         size_t size, int item_bytes) {
    const size_t num_classes = frequencies.size();
    int64_t total = 0;
    for (size_t i = 0; i < num_classes; ++i) {
        require(frequencies.data()[i] > 0, "a frequency is at least 1");
        total += frequencies.data()[i];
    }
    require(num_classes >= 2 && num_classes <= 65535 && total == exact::total_frequency,
            "a table has 2 to 65535 frequencies that sum to 2**24");
    require(values.size() == num_classes && widths.size() == num_classes,
            "each class has a value and a width");
    switch (item_bytes) {
        case 1:
            return decode_classes_as<int8_t>(words, frequencies, values, widths, size);
        case 2:
            return decode_classes_as<int16_t>(words, frequencies, values, widths, size);
        case 4:
            return decode_classes_as<int32_t>(words, frequencies, values, widths, size);
        default:
            return decode_classes_as<int64_t>(words, frequencies, values, widths, size);
    }
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
        .def("__init__", [](Primer* self, const nb::bytes& content) {
            new (self) Primer(bytes_of(content));
        }, "content"_a);

    nb::class_<PythonNetwork>(module, "Network")
        .def(nb::init<int, int, int, int, int64_t, const std::vector<std::pair<int, int>>&,
                      Tensor<int32_t, 3>, Tensor<int8_t, 2>, Tensor<int32_t, 1>, const nb::list&,
                      const Tensor<int32_t, 1>&, const Tensor<int32_t, 1>&,
                      const Tensor<int32_t, 1>&, const nb::object&>(),
             nb::kw_only(), "width"_a, "num_blocks"_a, "context"_a, "inner_width"_a, "epsilon"_a,
             "tables"_a, "embeddings"_a, "hashed"_a, "hashed_scales"_a, "layers"_a, "gates"_a,
             "silu"_a, "exp2"_a, "experience"_a.none())
        .def("weigh", &weigh, "symbols"_a, "ahead"_a = 1);

    module.def("encode", &encode_sections, "sections"_a, "room"_a, nb::kw_only(), "profile"_a,
               "num_lanes"_a = 1, "network"_a.none() = nb::none(), "primer"_a.none() = nb::none(),
               "dictionary"_a.none() = nb::none(), "progress"_a.none() = nb::none());
    module.def("decode", &decode_sections, "payloads"_a, "sections"_a, nb::kw_only(), "profile"_a,
               "num_lanes"_a = 1, "network"_a.none() = nb::none(), "primer"_a.none() = nb::none(),
               "dictionary"_a.none() = nb::none(), "progress"_a.none() = nb::none());
    module.def("learn", &learn_section, "section"_a, nb::kw_only(), "profile"_a,
               "network"_a.none() = nb::none());

    nb::class_<PythonDecoder>(module, "BitDecoder")
        .def(nb::init<const nb::bytes&>(), "payload"_a)
        .def("decode", &PythonDecoder::decode, "p"_a)
        .def("is_spent", &PythonDecoder::is_spent)
        .def("finish", &PythonDecoder::finish);
    module.def("decode_classes", &decode_classes, "words"_a, "frequencies"_a, "values"_a,
               "widths"_a, "size"_a, "item_bytes"_a);
    module.def("encode_bits", &encode_bits, "bits"_a, "probabilities"_a, "room"_a);
    module.def("decode_bits", &decode_bits, "payload"_a, "probabilities"_a);

    python::bind_coding(module);
    python::bind_exact(module);
    python::bind_images(module);
    python::bind_models(module);
}
