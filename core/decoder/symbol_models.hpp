// Stored models of symbols, whichever their family.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "images/prior.hpp"
#include "symbols/byte_pairs.hpp"
#include "symbolwise/model.hpp"
#include "weights/model.hpp"

namespace neurocomp::decoder {

// A model and what its symbols stand for: records of a prior, whose captions are byte pairs; byte
// pairs; or plain integers.
struct SymbolModel {
    std::shared_ptr<const symbolwise::Model> model;
    std::shared_ptr<const symbols::BytePairs> byte_pairs = nullptr;
    std::shared_ptr<const images::Prior> prior = nullptr;
};

// The family of that number in frames, as its files have it and as people know it; null where it is
// none of symbols that are kept in files.
struct SymbolFamily {
    uint32_t id;
    const char* architecture;
    const char* name;
};
const SymbolFamily* find_symbol_family(uint32_t id);

// What a file of that family holds.  Throws weights::BadModel.
SymbolModel make_symbol_model(uint32_t family, const weights::Model& stored);
// What a model's tokens stand for; null where it has no tokenizer.  Throws weights::BadModel.
std::shared_ptr<const symbols::BytePairs> read_byte_pairs(const weights::Model& stored);

}  // namespace neurocomp::decoder
