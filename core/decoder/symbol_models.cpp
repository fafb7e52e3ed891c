#include "decoder/symbol_models.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/constants.hpp"
#include "ngram/model.hpp"
#include "tokennets/neural_ngram.hpp"
#include "tokennets/recurrent.hpp"
#include "transformer/model.hpp"
#include "weights/tensors.hpp"

namespace neurocomp::decoder {

namespace {

constexpr const char* tokenizer_tensor = "tokenizer";

constexpr SymbolFamily families[] = {
    {format::family_ngram, "ngram", "n-gram model"},
    {format::family_transformer, "transformer", "transformer"},
    {format::family_dalle, "dalle", "DALL-E prior"},
    {format::family_neural_ngram, "neural-ngram", "neural n-gram"},
    {format::family_recurrent_tokens, "recurrent-tokens", "recurrent network of tokens"},
};

std::shared_ptr<const symbolwise::Model> make_model(uint32_t family, const weights::Model& stored) {
    switch (family) {
        case format::family_ngram:
            return std::make_shared<const ngram::Model>(stored);
        case format::family_transformer:
            return std::make_shared<const transformer::Model>(stored);
        case format::family_neural_ngram:
            return std::make_shared<const tokennets::NeuralNgram>(stored);
        case format::family_recurrent_tokens:
            return std::make_shared<const tokennets::Recurrent>(stored);
        default:
            throw weights::BadModel("models of its family are not read",
                                    weights::BadModel::Kind::unsupported);
    }
}

}  // namespace

const SymbolFamily* find_symbol_family(uint32_t id) {
    const auto* const found = std::find_if(std::begin(families), std::end(families),
                                           [=](const SymbolFamily& one) { return one.id == id; });
    return found == std::end(families) ? nullptr : found;
}

std::shared_ptr<const symbols::BytePairs> read_byte_pairs(const weights::Model& stored) {
    const weights::StoredTensor* const tensor = stored.find(tokenizer_tensor);
    if (tensor == nullptr) return nullptr;
    std::vector<uint8_t> text(tensor->num_elements());
    weights::copy_as(*tensor, text.data());
    return std::make_shared<const symbols::BytePairs>(
        std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
}

SymbolModel make_symbol_model(uint32_t family, const weights::Model& stored) {
    SymbolModel made;
    if (family == format::family_dalle) {
        made.prior = std::make_shared<const images::Prior>(stored);
        made.model = made.prior;
    } else {
        made.model = make_model(family, stored);
    }
    made.byte_pairs = read_byte_pairs(stored);
    if (made.prior != nullptr && made.byte_pairs == nullptr) {
        throw weights::BadModel("the prior has no tokenizer of captions");
    }
    return made;
}

}  // namespace neurocomp::decoder
