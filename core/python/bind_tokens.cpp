// Tokens of a language model, coded beside contexts: `neurocomp._core.language`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "language/mixture.hpp"
#include "sections/sections.hpp"
#include "weights.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

using Vector = Input<int32_t, 1>;

language::Vocabulary make_vocabulary(Input<uint8_t, 1> bytes, Vector starts) {
    return {{bytes.data(), bytes.size()}, {starts.data(), starts.size()}};
}

// A mixture, and what both of its users check.
class TokenCoding {
   public:
    TokenCoding(const language::Vocabulary& vocabulary, int profile,
                const std::vector<size_t>& sizes, const PythonNetwork* network,
                const uint8_t* content)
        : second_(second(network)),
          mixture_(vocabulary, checked(profile, sizes), sizes, second_ ? &*second_ : nullptr,
                   content) {}

   protected:
    // Lanes from `first` on that logits (lanes, V) and tokens (lanes,) are for.
    void check(size_t first, const InputRows<int32_t>& logits, size_t num_tokens) const {
        const size_t num_lanes = mixture_.lanes.size();
        require(logits.shape(0) == num_tokens && first <= num_lanes &&
                    num_tokens <= num_lanes - first &&
                    logits.shape(1) >= mixture_.vocabulary.order().size(),
                "logits don't fit the lanes");
    }

    static size_t total(const std::vector<size_t>& sizes) {
        return std::accumulate(sizes.begin(), sizes.end(), size_t{0});
    }

   private:
    using SecondModel = std::optional<language::SecondModel>;

    static SecondModel second(const PythonNetwork* network) {
        if (network == nullptr) return std::nullopt;
        return language::SecondModel{*network->network(), network->experience()};
    }

    SecondModel second_;

   protected:
    language::Mixture mixture_;

   private:
    static mix::Profile checked(int profile, const std::vector<size_t>& sizes) {
        constexpr size_t most = size_t{1} << 26;
        require(profile == 0 || profile == 1, "a profile is 0 or 1");
        require(!sizes.empty(), "a section has lanes");
        size_t total = 0;
        for (const size_t size : sizes) {
            require(size >= 1 && size <= most - total, "the size of a lane is out of range");
            total += size;
        }
        return static_cast<mix::Profile>(profile);
    }
};

class TokenEncoder : public TokenCoding {
   public:
    // `content` are the bytes of all tokens, of all lanes.
    TokenEncoder(const language::Vocabulary& vocabulary, int profile,
                 const std::vector<size_t>& sizes, size_t room, const PythonNetwork* network,
                 Input<uint8_t, 1> content)
        : TokenCoding(vocabulary, profile, sizes, network, checked(content, sizes)),
          content_(content),
          payload_(room),
          coder_(payload_.data(), payload_.size()) {}

    bool encode(size_t first, InputRows<int32_t> logits, Vector tokens) {
        check(first, logits, tokens.size());
        const exact::Matrix<const int32_t> rows = matrix(logits);
        for (size_t i = 0; i < tokens.size(); ++i) {
            const int32_t token = tokens.data()[i];
            const int64_t left = mixture_.num_left(first + i);
            if (left == 0) continue;
            require(mixture_.vocabulary.has(token), "a token is not of the vocabulary");
            const std::span<const uint8_t> bytes = mixture_.vocabulary.content(token);
            require(static_cast<int64_t>(bytes.size()) <= left,
                    "a token is longer than what its lane has left");
            const auto place = static_cast<size_t>(mixture_.lanes[first + i].mix.position);
            require(std::equal(bytes.begin(), bytes.end(), content_.data() + place),
                    "a token has other bytes than the content");
        }
        const nb::gil_scoped_release release;
        const language::Kernels& kernels = language::kernels();
        for (size_t i = 0; i < tokens.size(); ++i) {
            if (mixture_.num_left(first + i) == 0) continue;
            if (!kernels.encode(mixture_, first + i, coder_, rows.row(i), tokens.data()[i])) {
                return false;
            }
        }
        return true;
    }

    // Whole bytes written, and the width of the interval within the next six.
    std::pair<size_t, uint64_t> place() const { return {coder_.num_written(), coder_.width()}; }
    size_t num_written() const { return coder_.num_written(); }

    std::optional<nb::bytes> finish() {
        size_t size = 0;
        if (!coder_.finish(size)) return std::nullopt;
        return nb::bytes(reinterpret_cast<const char*>(payload_.data()), size);
    }

   private:
    static const uint8_t* checked(const Input<uint8_t, 1>& content,
                                  const std::vector<size_t>& sizes) {
        require(content.size() == total(sizes), "the content is as long as all lanes");
        return content.data();
    }

    Input<uint8_t, 1> content_;
    std::vector<uint8_t> payload_;
    coding::Encoder coder_;
};

class TokenDecoder : public TokenCoding {
   public:
    TokenDecoder(const language::Vocabulary& vocabulary, int profile,
                 const std::vector<size_t>& sizes, nb::bytes payload, const PythonNetwork* network)
        : TokenCoding(vocabulary, profile, sizes, network, nullptr),
          payload_(std::move(payload)),
          coder_(reinterpret_cast<const uint8_t*>(payload_.c_str()), payload_.size()) {}

    void decode(size_t first, InputRows<int32_t> logits, Output<int32_t, 1> tokens) {
        check(first, logits, tokens.size());
        const exact::Matrix<const int32_t> rows = matrix(logits);
        const nb::gil_scoped_release release;
        const language::Kernels& kernels = language::kernels();
        for (size_t i = 0; i < tokens.size(); ++i) {
            tokens.data()[i] = 0;
            if (mixture_.num_left(first + i) == 0) continue;
            tokens.data()[i] = kernels.decode(mixture_, first + i, coder_, rows.row(i));
            if (tokens.data()[i] < 0) throw DamagedPayload("a payload ends within its tokens");
        }
    }

    bool is_done() const {
        for (size_t i = 0; i < mixture_.lanes.size(); ++i) {
            if (mixture_.num_left(i) > 0) return false;
        }
        return true;
    }

    size_t num_decoded() const {
        int64_t count = 0;
        for (const auto& lane : mixture_.lanes) count += lane.mix.position - lane.mix.start;
        return static_cast<size_t>(count);
    }

    nb::bytes finish() const {
        require(is_done(), "lanes have bytes left");
        if (!coder_.finish()) throw DamagedPayload("a payload is longer than its tokens");
        const auto size = static_cast<size_t>(mixture_.lanes.back().end);
        return nb::bytes(reinterpret_cast<const char*>(mixture_.tables.history.data()), size);
    }

   private:
    nb::bytes payload_;
    coding::Decoder coder_;
};

}  // namespace

void bind_tokens(nb::module_& m) {
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    using Sizes = const std::vector<size_t>&;
    nb::class_<language::Vocabulary>(m, "Vocabulary")
        .def(
            "__init__",
            [](language::Vocabulary* self, Input<uint8_t, 1> bytes, Vector starts) {
                new (self) language::Vocabulary(make_vocabulary(bytes, starts));
            },
            array("bytes"), array("starts"))
        .def_prop_ro(
            "order", [](const language::Vocabulary& self) { return to_array(self.order()); },
            nb::rv_policy::automatic);
    nb::class_<TokenEncoder>(m, "TokenEncoder")
        .def(nb::init<const language::Vocabulary&, int, Sizes, size_t, const PythonNetwork*,
                      Input<uint8_t, 1>>(),
             "vocabulary"_a, "profile"_a, "sizes"_a, "room"_a, "network"_a.none(), array("content"),
             nb::keep_alive<1, 2>(), nb::keep_alive<1, 6>())
        .def("encode", &TokenEncoder::encode, "first_lane"_a, array("logits"), array("tokens"))
        .def_prop_ro("place", &TokenEncoder::place)
        .def_prop_ro("num_written", &TokenEncoder::num_written)
        .def("finish", &TokenEncoder::finish);
    nb::class_<TokenDecoder>(m, "TokenDecoder")
        .def(nb::init<const language::Vocabulary&, int, Sizes, const nb::bytes&,
                      const PythonNetwork*>(),
             "vocabulary"_a, "profile"_a, "sizes"_a, "payload"_a, "network"_a.none(),
             nb::keep_alive<1, 2>(), nb::keep_alive<1, 6>())
        .def("decode", &TokenDecoder::decode, "first_lane"_a, array("logits"), array("tokens"))
        .def_prop_ro("is_done", &TokenDecoder::is_done)
        .def_prop_ro("num_decoded", &TokenDecoder::num_decoded)
        .def("finish", &TokenDecoder::finish);
}

}  // namespace neurocomp::python
