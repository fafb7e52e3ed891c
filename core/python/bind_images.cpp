// What sets of images have shown so far: `neurocomp._core.images`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/tuple.h>

#include <tuple>

#include "arrays.hpp"
#include "bindings.hpp"
#include "exact/logarithms.hpp"
#include "images/contexts.hpp"
#include "images/counts.hpp"
#include "images/grid_models.hpp"
#include "images/memory.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;
using images::CodeCounts;
using images::CodeMemory;

using Codes = Input<int32_t, 2>;
using Lanes = Input<int32_t, 1>;
using Active = Input<bool, 1>;

void write_keys(Codes codes, Codes rarest, size_t place, size_t num_columns,
                Output<uint64_t, 2> keys) {
    const size_t num_lanes = codes.shape(0);
    require(num_columns >= 1 && place < codes.shape(1) && rarest.shape(0) == num_lanes &&
                rarest.shape(1) == images::num_rarest && keys.shape(0) == num_lanes &&
                keys.shape(1) == images::num_contexts,
            "arrays of contexts differ in their shapes");
    for (size_t lane = 0; lane < num_lanes; ++lane) {
        images::write_keys(codes.data() + lane * codes.shape(1),
                           rarest.data() + lane * images::num_rarest, place, num_columns,
                           keys.data() + lane * images::num_contexts);
    }
}

// Tokens (lanes, most), of which each lane has some.
void check_tokens(const Codes& tokens, const Input<int64_t, 1>& lengths, size_t num_tokens) {
    require(lengths.shape(0) == tokens.shape(0), "there is not one length for each lane");
    for (size_t lane = 0; lane < lengths.shape(0); ++lane) {
        const int64_t length = lengths.data()[lane];
        require(length >= 0 && static_cast<size_t>(length) <= tokens.shape(1),
                "a caption is longer than its row");
        const int32_t* const row = tokens.data() + lane * tokens.shape(1);
        for (int64_t i = 0; i < length; ++i) {
            require(row[i] >= 0 && static_cast<size_t>(row[i]) < num_tokens,
                    "tokens outside the alphabet");
        }
    }
}

void choose_rarest(Codes tokens, Input<int64_t, 1> lengths, Lanes counts, Output<int32_t, 2> out) {
    check_tokens(tokens, lengths, counts.shape(0));
    require(out.shape(0) == tokens.shape(0) && out.shape(1) == images::num_rarest,
            "arrays of contexts differ in their shapes");
    for (size_t lane = 0; lane < tokens.shape(0); ++lane) {
        images::choose_rarest(tokens.data() + lane * tokens.shape(1),
                              static_cast<size_t>(lengths.data()[lane]), counts.data(),
                              out.data() + lane * images::num_rarest);
    }
}

void add_counts(CodeCounts& counts, Input<uint64_t, 2> keys, Lanes codes) {
    require(keys.shape(0) == codes.shape(0) && keys.shape(1) >= 1,
            "there is not one code for each row");
    const nb::gil_scoped_release release;
    counts.add(keys.data(), keys.shape(1), codes.data(), codes.shape(0));
}

// How often a context was there, and pairs of a code that followed it and how often it did.
std::tuple<int32_t, nb::dict> look_up(const CodeCounts& counts, uint64_t key) {
    require(key != 0, "no context has the key 0");
    nb::dict followers;
    const images::Context* const context = counts.find(key);
    if (context == nullptr) return {0, followers};
    for (int32_t next = context->first; next >= 0; next = counts.entry(next).next) {
        followers[nb::int_(counts.entry(next).code)] = nb::int_(counts.entry(next).count);
    }
    return {context->times, followers};
}

// Frequencies, logits and codes of lanes from `first` on.
void check_group(const CodeMemory& memory, size_t first, size_t num_rows, size_t num_columns) {
    require(first <= memory.num_lanes() && num_rows <= memory.num_lanes() - first,
            "there are not so many lanes");
    require(num_columns == memory.sizes().num_codes, "tables are (lanes, codes)");
}

void check_place(const CodeMemory& memory, size_t place) {
    require(place < memory.sizes().num_places, "an image has not so many codes");
}

void check_positive(const Codes& frequencies) {
    for (size_t i = 0; i < frequencies.size(); ++i) {
        require(frequencies.data()[i] >= 1, "frequencies must be 1 at least");
    }
}

void mix(CodeMemory& memory, size_t first, size_t place, Codes logits, Codes priors,
         Output<int32_t, 2> out) {
    check_group(memory, first, logits.shape(0), logits.shape(1));
    check_place(memory, place);
    require(priors.shape(0) == logits.shape(0) && priors.shape(1) == logits.shape(1) &&
                out.shape(0) == logits.shape(0) && out.shape(1) == logits.shape(1),
            "arrays differ in their shapes");
    check_positive(priors);
    const nb::gil_scoped_release release;
    memory.mix(first, logits.shape(0), place, logits.data(), priors.data(), out.data());
}

void expect(CodeMemory& memory, size_t first, InputRows<int32_t> tables) {
    check_group(memory, first, tables.shape(0), tables.shape(1));
    const exact::Matrix<const int32_t> rows = matrix(tables);
    const nb::gil_scoped_release release;
    for (size_t i = 0; i < rows.num_rows; ++i) memory.expect(first + i, 1, rows.row(i));
}

void learn(CodeMemory& memory, size_t place, Lanes codes, Active active) {
    check_place(memory, place);
    require(codes.shape(0) == memory.num_lanes() && active.shape(0) == memory.num_lanes(),
            "there is not one code for each lane");
    for (size_t lane = 0; lane < memory.num_lanes(); ++lane) {
        const int32_t code = codes.data()[lane];
        require(!active.data()[lane] ||
                    (code >= 0 && static_cast<size_t>(code) < memory.sizes().num_codes),
                "codes outside the alphabet");
    }
    const nb::gil_scoped_release release;
    memory.learn(place, codes.data(), active.data());
}

void read_captions(CodeMemory& memory, Codes tokens, Input<int64_t, 1> lengths, Active active) {
    require(tokens.shape(0) == memory.num_lanes() && active.shape(0) == memory.num_lanes(),
            "there is not one caption for each lane");
    check_tokens(tokens, lengths, memory.sizes().num_tokens);
    const nb::gil_scoped_release release;
    memory.read_captions(tokens.data(), tokens.shape(1), lengths.data(), active.data());
}

using Grids = Input<uint16_t, 3>;

// What the codes would take whose bits are below 2**limit.
void check_codes(const uint16_t* codes, size_t size, size_t num_codes) {
    for (size_t i = 0; i < size; ++i) require(codes[i] < num_codes, "codes outside the alphabet");
}

}  // namespace

void bind_images(nb::module_& parent) {
    nb::module_ m = parent.def_submodule("images", "What sets of images have shown so far.");
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("write_keys", &write_keys, array("codes"), array("rarest"), "place"_a, "num_columns"_a,
          array("keys"));
    m.def("choose_rarest", &choose_rarest, array("tokens"), array("lengths"), array("counts"),
          array("out"));
    nb::class_<CodeCounts>(m, "CodeCounts")
        .def(
            "__init__",
            [](CodeCounts* self, size_t first_entries, size_t max_entries) {
                require(first_entries >= 1, "a table has no entries");
                new (self) CodeCounts(first_entries, max_entries);
            },
            "first_entries"_a, "max_entries"_a)
        .def("add", &add_counts, array("keys"), array("codes"))
        .def("look_up", &look_up, "key"_a)
        .def_prop_ro("num_contexts", &CodeCounts::num_contexts);
    nb::class_<CodeMemory>(m, "CodeMemory")
        .def(
            "__init__",
            [](CodeMemory* self, size_t num_tokens, size_t num_columns, size_t num_places,
               size_t num_codes, size_t num_lanes, Lanes logarithms, size_t first_entries,
               size_t max_entries) {
                require(num_columns >= 1 && num_places >= 1 && num_codes >= 1 && num_lanes >= 1 &&
                            first_entries >= 1,
                        "a memory of images without places, codes or lanes");
                require(logarithms.shape(0) == exact::logarithm_table_size,
                        "a table of logarithms has 2048 entries");
                new (self) CodeMemory({num_tokens, num_columns, num_places, num_codes}, num_lanes,
                                      {logarithms.data(), logarithms.data() + logarithms.shape(0)},
                                      first_entries, max_entries);
            },
            "num_tokens"_a, "num_columns"_a, "num_places"_a, "num_codes"_a, "num_lanes"_a,
            array("logarithms"), "first_entries"_a, "max_entries"_a)
        .def("mix", &mix, "first"_a, "place"_a, array("logits"), array("priors"), array("out"))
        .def("expect", &expect, "first"_a, array("tables"))
        .def("learn", &learn, "place"_a, array("codes"), array("active"))
        .def("read_captions", &read_captions, array("tokens"), array("lengths"), array("active"));
    nb::class_<images::CountModel>(m, "CountModel")
        .def(nb::init<size_t>(), "num_codes"_a)

        .def(
            "read",
            [](images::CountModel& self, Input<uint16_t, 1> codes) {
                check_codes(codes.data(), codes.size(), self.num_codes());
                const nb::gil_scoped_release release;
                return self.read(codes.data(), codes.size());
            },
            array("codes"));
    nb::class_<images::GridModel>(m, "GridModel")
        .def(
            "__init__",
            [](images::GridModel* self, size_t depth) {
                require(depth >= 1 && depth <= 16, "codes have 1 to 16 bits");
                new (self) images::GridModel(depth);
            },
            "depth"_a)
        .def(
            "read",
            [](images::GridModel& self, Grids grids) {
                check_codes(grids.data(), grids.size(), size_t{1} << self.depth());
                const nb::gil_scoped_release release;
                return self.read(grids.data(), grids.shape(0), grids.shape(1), grids.shape(2));
            },
            array("grids"));
}

}  // namespace neurocomp::python
