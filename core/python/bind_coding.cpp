// Entropy coders of symbols: `neurocomp._core.coding`.
#include <nanobind/nanobind.h>

#include <algorithm>

#include "arrays.hpp"
#include "bindings.hpp"
#include "coding/code_lengths.hpp"
#include "coding/huffman.hpp"
#include "coding/registers.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

using Table = Input<int32_t, 2>;
using Symbols = Input<int32_t, 1>;

nb::bytes to_bytes(const std::vector<uint8_t>& bytes) {
    return nb::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Each row of frequencies is a table.
void check_tables(const int32_t* frequencies, size_t num_lanes, size_t size) {
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        require(coding::is_table(frequencies + lane * size, size),
                "frequencies must be 1 at least and sum to 2**24 in each row");
    }
}

// A symbol of the alphabet for each row of frequencies.
void check_symbols(const Symbols& symbols, const Table& frequencies) {
    require(symbols.shape(0) == frequencies.shape(0), "rows of frequencies need as many symbols");
    for (size_t lane = 0; lane < symbols.shape(0); ++lane) {
        const int32_t symbol = symbols.data()[lane];
        require(symbol >= 0 && static_cast<size_t>(symbol) < frequencies.shape(1),
                "symbols outside the alphabet");
    }
}

void follow(Output<uint64_t, 1> registers, Symbols symbols, Table frequencies) {
    require(registers.shape(0) == 3, "a range coder has three registers");
    check_symbols(symbols, frequencies);
    uint64_t* const values = registers.data();
    coding::Registers followed = {values[0], values[1], values[2]};
    const size_t size = frequencies.shape(1);
    const nb::gil_scoped_release release;
    for (size_t lane = 0; lane < symbols.shape(0); ++lane) {
        followed.follow(static_cast<size_t>(symbols.data()[lane]),
                        frequencies.data() + lane * size);
    }
    values[0] = followed.lower;
    values[1] = followed.width;
    values[2] = followed.num_words;
}

// What constriction makes these frequencies of again.  Exact, for they are 2**24 at most.
void to_weights(Table frequencies, Output<float, 2> out) {
    require(frequencies.shape(0) == out.shape(0) && frequencies.shape(1) == out.shape(1),
            "arrays differ in their shapes");
    const size_t size = frequencies.size();
    const int32_t* const from = frequencies.data();
    float* NEUROCOMP_RESTRICT const to = out.data();
    for (size_t i = 0; i < size; ++i) to[i] = static_cast<float>(from[i]) - 1.0F;
}

void encode(coding::HuffmanEncoder& encoder, Symbols symbols, Table frequencies) {
    check_symbols(symbols, frequencies);
    const size_t size = frequencies.shape(1);
    const nb::gil_scoped_release release;
    check_tables(frequencies.data(), frequencies.shape(0), size);
    for (size_t lane = 0; lane < symbols.shape(0); ++lane) {
        encoder.encode(static_cast<size_t>(symbols.data()[lane]), frequencies.data() + lane * size,
                       size);
    }
}

bool decode(coding::HuffmanDecoder& decoder, Table frequencies, Output<int32_t, 1> symbols) {
    require(symbols.shape(0) == frequencies.shape(0), "rows of frequencies need as many symbols");
    const size_t size = frequencies.shape(1);
    const nb::gil_scoped_release release;
    check_tables(frequencies.data(), frequencies.shape(0), size);
    for (size_t lane = 0; lane < symbols.shape(0); ++lane) {
        int32_t& symbol = symbols.data()[lane];
        if (!decoder.decode(frequencies.data() + lane * size, size, symbol)) return false;
    }
    return true;
}

void build(coding::CodeLengths& code, Input<int32_t, 1> frequencies, Output<uint8_t, 1> lengths,
           Output<int64_t, 1> counts) {
    require(lengths.shape(0) == frequencies.shape(0), "arrays differ in their shapes");
    require(counts.shape(0) == coding::max_code_length_bits + 1, "lengths are 0 to 34");
    check_tables(frequencies.data(), 1, frequencies.shape(0));
    const nb::gil_scoped_release release;
    code.build(frequencies.data(), frequencies.shape(0));
    std::copy(code.lengths().begin(), code.lengths().end(), lengths.data());
    std::copy(code.counts().begin(), code.counts().end(), counts.data());
}

uint64_t code_of(const coding::CodeLengths& code, size_t symbol) {
    require(symbol < code.lengths().size(), "symbols outside the alphabet");
    return code.code(symbol);
}

}  // namespace

void bind_coding(nb::module_& parent) {
    nb::module_ m = parent.def_submodule("coding", "Entropy coders of symbols.");
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("follow", &follow, array("registers"), array("symbols"), array("frequencies"));
    m.def("to_weights", &to_weights, array("frequencies"), array("out"));
    nb::class_<coding::HuffmanEncoder>(m, "HuffmanEncoder")
        .def(nb::init<>())
        .def("encode", &encode, array("symbols"), array("frequencies"))
        .def("payload", [](const coding::HuffmanEncoder& one) { return to_bytes(one.payload()); });
    nb::class_<coding::HuffmanDecoder>(m, "HuffmanDecoder")
        .def(
            "__init__",
            [](coding::HuffmanDecoder* self, nb::bytes payload) {
                const auto* const data = reinterpret_cast<const uint8_t*>(payload.c_str());
                new (self) coding::HuffmanDecoder({data, data + payload.size()});
            },
            "payload"_a)
        .def("decode", &decode, array("frequencies"), array("symbols"))
        .def_prop_ro("num_bits", &coding::HuffmanDecoder::num_bits);
    nb::class_<coding::CodeLengths>(m, "CodeLengths")
        .def(nb::init<>())
        .def("build", &build, array("frequencies"), array("lengths"), array("counts"))
        .def("code", &code_of, "symbol"_a);
}

}  // namespace neurocomp::python
