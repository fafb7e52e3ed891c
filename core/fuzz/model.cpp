// Model files: what a reader of stored models takes, without the checksum that would stop it, and as
// a model of any family.
#include <cstdint>
#include <functional>
#include <vector>

#include "base/constants.hpp"
#include "decoder/language_model.hpp"
#include "decoder/symbol_models.hpp"
#include "weights/byte_network.hpp"
#include "weights/model.hpp"

namespace {

using namespace neurocomp;

// Returns whether the model is sound.
bool take(const std::function<void()>& make) {
    try {
        make();
        return true;
    } catch (const weights::BadModel&) {
        return false;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        weights::Model model = weights::read_model({data, size}, weights::Check::nothing);
        size_t num_bytes = 0;
        for (const weights::StoredTensor& one : model.tensors) num_bytes += one.num_bytes();
        if (num_bytes > size_t{1} << 24) return 0;  // packed: allowed, and slow
        model.identity();
        take([&] { weights::make_network(model); });
        take([&] { decoder::LanguageModel{model}; });
        for (const uint32_t family :
             {format::family_ngram, format::family_transformer, format::family_dalle,
              format::family_neural_ngram, format::family_recurrent_tokens}) {
            take([&] { decoder::make_symbol_model(family, model); });
        }
    } catch (const weights::BadModel&) {
        return 0;
    }
    return 0;
}
