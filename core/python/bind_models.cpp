// Models that count: `neurocomp._core.adaptive`, `.ngram`; and the cutting of text into words.
#include <nanobind/nanobind.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>

#include <variant>

#include "adaptive/predictor.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "ngram/counting.hpp"
#include "ngram/smoothing.hpp"
#include "ngram/trie.hpp"
#include "symbols/pretokens.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

constexpr size_t max_order = 6;

void predict_bytes(const adaptive::Predictor& predictor, Output<int32_t, 2> out) {
    require(out.shape(0) == predictor.num_lanes() && out.shape(1) == adaptive::alphabet_size,
            "tables are (lanes, 256)");
    const nb::gil_scoped_release release;
    predictor.predict(out.data());
}

void update_bytes(adaptive::Predictor& predictor, Input<int32_t, 1> symbols) {
    require(symbols.shape(0) == predictor.num_lanes(), "there is not one symbol for each lane");
    std::vector<uint8_t> bytes(symbols.shape(0));
    for (size_t lane = 0; lane < bytes.size(); ++lane) {
        const int32_t symbol = symbols.data()[lane];
        require(symbol >= 0 && symbol < 256, "symbols outside 0..255");
        bytes[lane] = static_cast<uint8_t>(symbol);
    }
    const nb::gil_scoped_release release;
    predictor.update(bytes.data());
}

// A trie of n-grams.  It reads the arrays that it was made of.
class Trie {
   public:
    using Bytes = Input<uint8_t, 1>;
    using Pairs = Input<uint16_t, 1>;

    Trie(Input<int32_t, 1> starts, std::variant<Bytes, Pairs> symbols, size_t alphabet_size)
        : starts_(starts), symbols_(std::move(symbols)) {
        require(starts.shape(0) >= 2, "a trie has no inner nodes");
        const bool wide = std::holds_alternative<Pairs>(symbols_);
        const size_t num_nodes =
            wide ? std::get<Pairs>(symbols_).shape(0) : std::get<Bytes>(symbols_).shape(0);
        const void* const data = wide ? static_cast<const void*>(std::get<Pairs>(symbols_).data())
                                      : static_cast<const void*>(std::get<Bytes>(symbols_).data());
        parts_ = {starts_.data(), data, wide, starts_.shape(0) - 1, num_nodes, alphabet_size};
        require(ngram::is_sound(parts_), "the trie of an n-gram model is damaged");
    }

    const ngram::Trie& parts() const { return parts_; }

    template <typename Contexts>
    void check(const Contexts& contexts) const {
        require(contexts.shape(1) >= 1 && contexts.shape(1) <= max_order,
                "the order of an n-gram model is 1 to 6");
        require(ngram::are_contexts(parts_, contexts.data(), contexts.shape(0), contexts.shape(1)),
                "contexts are not nodes of the trie");
    }

    void advance(Output<int32_t, 2> contexts, Input<int32_t, 1> symbols) const {
        check(contexts);
        require(symbols.shape(0) == contexts.shape(0), "there is not one symbol for each lane");
        for (size_t lane = 0; lane < symbols.shape(0); ++lane) {
            require(symbols.data()[lane] >= 0, "symbols outside the alphabet");
        }
        const nb::gil_scoped_release release;
        ngram::advance(parts_, contexts.data(), contexts.shape(0), contexts.shape(1),
                       symbols.data());
    }

   private:
    Input<int32_t, 1> starts_;
    std::variant<Bytes, Pairs> symbols_;
    ngram::Trie parts_;
};

// Checks what tables are made from, and returns room for the weights of a row.
std::vector<int64_t> room_for(const Trie& trie, const Input<int32_t, 2>& contexts,
                              const Output<int32_t, 2>& out) {
    trie.check(contexts);
    require(out.shape(0) == contexts.shape(0) && out.shape(1) == trie.parts().alphabet_size,
            "tables are (lanes, V)");
    return std::vector<int64_t>(trie.parts().alphabet_size);
}

// Reads the arrays that it was made of.
class Probabilities {
   public:
    Probabilities(nb::object trie, Input<uint8_t, 1> alphas, Input<uint8_t, 1> gammas,
                  Input<int32_t, 2> alpha_books, Input<int32_t, 2> gamma_books,
                  Input<int32_t, 1> base, bool backs_off)
        : owner_(trie),
          trie_(nb::cast<const Trie&>(trie)),
          alphas_(alphas),
          gammas_(gammas),
          alpha_books_(alpha_books),
          gamma_books_(gamma_books),
          base_(base) {
        const ngram::Trie& parts = trie_.parts();
        const auto first = static_cast<size_t>(parts.starts[1]);
        require(
            alphas.shape(0) == parts.num_nodes - first && gammas.shape(0) == parts.num_inner - 1,
            "an n-gram model has one code for each node");
        require(alpha_books.shape(1) == ngram::num_codes &&
                    gamma_books.shape(1) == ngram::num_codes &&
                    alpha_books.shape(0) == gamma_books.shape(0),
                "a code book has 256 values");
        require(base.shape(0) == parts.alphabet_size, "base probabilities are (V,)");
        for (const auto* const books : {&alpha_books_, &gamma_books_}) {
            check_values(books->data(), books->size());
        }
        check_values(base_.data(), base_.size());
        parts_ = {
            alphas_.data(), gammas_.data(), alpha_books_.data(), gamma_books_.data(), base_.data(),
            first,          backs_off};
    }

    void predict(Input<int32_t, 2> contexts, Output<int32_t, 2> out) const {
        std::vector<int64_t> weights = room_for(trie_, contexts, out);
        require(contexts.shape(1) <= alpha_books_.shape(0) + 1, "there is no code book so deep");
        const nb::gil_scoped_release release;
        ngram::predict(trie_.parts(), parts_, contexts.data(), contexts.shape(0), contexts.shape(1),
                       weights.data(), out.data());
    }

   private:
    static void check_values(const int32_t* values, size_t size) {
        for (size_t i = 0; i < size; ++i) {
            require(values[i] >= 0 && values[i] <= 1 << ngram::value_bits,
                    "values of an n-gram model are not probabilities");
        }
    }

    nb::object owner_;
    const Trie& trie_;
    Input<uint8_t, 1> alphas_, gammas_;
    Input<int32_t, 2> alpha_books_, gamma_books_;
    Input<int32_t, 1> base_;
    ngram::Probabilities parts_;
};

using Array32 = Input<int32_t, 1>;

std::vector<int32_t> to_vector(const Array32& array) {
    return {array.data(), array.data() + array.shape(0)};
}

auto sort_positions(Array32 ranks, Array32 counts) {
    std::vector<int32_t> sorted;
    {
        const nb::gil_scoped_release release;
        sorted = ngram::sort_positions(to_vector(ranks), to_vector(counts));
    }
    return to_array(std::move(sorted));
}

auto next_grams(Array32 by_symbol, Array32 ranks, Array32 counts, Input<uint8_t, 1> room,
                Array32 symbols, size_t length) {
    ngram::Grams grams;
    {
        const nb::gil_scoped_release release;
        const std::vector<int32_t> all_counts = to_vector(counts);
        const std::vector<uint8_t> all_room(room.data(), room.data() + room.shape(0));
        const ngram::Groups groups = ngram::group_positions(to_vector(by_symbol), to_vector(ranks),
                                                            all_counts, all_room, length);
        grams = ngram::split_groups(groups, all_counts, to_vector(symbols), length);
    }
    return std::make_tuple(to_array(std::move(grams.ranks)), to_array(std::move(grams.parents)),
                           to_array(std::move(grams.symbols)), to_array(std::move(grams.counts)),
                           to_array(std::move(grams.examples)));
}

size_t find_word_ends(int rule, Input<uint32_t, 1> codes, Input<uint8_t, 1> classes,
                      Output<int64_t, 1> ends) {
    require(rule >= 0 && rule <= static_cast<int>(symbols::Rule::singles), "there is no such rule");
    require(classes.shape(0) == codes.shape(0) && ends.shape(0) >= codes.shape(0),
            "arrays differ in their shapes");
    const nb::gil_scoped_release release;
    return symbols::find_word_ends(static_cast<symbols::Rule>(rule), codes.data(), classes.data(),
                                   codes.shape(0), ends.data());
}

}  // namespace

void bind_models(nb::module_& parent) {
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };

    nb::module_ adaptive_room = parent.def_submodule("adaptive", "The adaptive model of bytes.");
    nb::class_<adaptive::Predictor>(adaptive_room, "Predictor")
        .def(
            "__init__",
            [](adaptive::Predictor* self, size_t num_lanes, size_t first_capacity, size_t max_nodes,
               size_t history_symbols) {
                require(num_lanes >= 1 && first_capacity >= 1, "there is no lane or no row");
                new (self)
                    adaptive::Predictor(num_lanes, {first_capacity, max_nodes, history_symbols});
            },
            "num_lanes"_a, "first_capacity"_a, "max_nodes"_a, "history_symbols"_a)
        .def("predict", &predict_bytes, array("out"))
        .def("update", &update_bytes, array("symbols"));

    nb::module_ ngram_room = parent.def_submodule("ngram", "n-gram models, and counting for them.");
    nb::class_<Trie>(ngram_room, "Trie")
        .def(nb::init<Input<int32_t, 1>, std::variant<Trie::Bytes, Trie::Pairs>, size_t>(),
             array("starts"), array("symbols"), "alphabet_size"_a)
        .def("advance", &Trie::advance, array("contexts"), array("symbols"));
    nb::class_<Probabilities>(ngram_room, "Probabilities")
        .def(nb::init<nb::object, Input<uint8_t, 1>, Input<uint8_t, 1>, Input<int32_t, 2>,
                      Input<int32_t, 2>, Input<int32_t, 1>, bool>(),
             "trie"_a, array("alphas"), array("gammas"), array("alpha_books"), array("gamma_books"),
             array("base"), "backs_off"_a)
        .def("predict", &Probabilities::predict, array("contexts"), array("out"));
    ngram_room.def("sort_positions", &sort_positions, array("ranks"), array("counts"));
    ngram_room.def("next_grams", &next_grams, array("by_symbol"), array("ranks"), array("counts"),
                   array("room"), array("symbols"), "length"_a);

    nb::module_ symbols_room = parent.def_submodule("symbols", "Maps between text and symbols.");
    symbols_room.def("find_word_ends", &find_word_ends, "rule"_a, array("codes"), array("classes"),
                     array("ends"));
}

}  // namespace neurocomp::python
