// The coder of bits alone: `neurocomp._core`.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <vector>

#include "bindings.hpp"
#include "coding/binary.hpp"
#include "contents.hpp"

namespace neurocomp::python {

namespace {

using namespace nb::literals;

// For tests and benchmarks.
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

}  // namespace

void bind_bits(nb::module_& module) {
    nb::class_<PythonDecoder>(module, "BitDecoder")
        .def(nb::init<const nb::bytes&>(), "payload"_a)
        .def("decode", &PythonDecoder::decode, "p"_a)
        .def("is_spent", &PythonDecoder::is_spent)
        .def("finish", &PythonDecoder::finish);
    module.def("encode_bits", &encode_bits, "bits"_a, "probabilities"_a, "room"_a);
    module.def("decode_bits", &decode_bits, "payload"_a, "probabilities"_a);
}

}  // namespace neurocomp::python
