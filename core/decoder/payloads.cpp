#include "decoder/payloads.hpp"

#include <algorithm>

#include "decoder/language.hpp"
#include "decoder/sectioned.hpp"
#include "decoder/symbolwise.hpp"
#include "frame/line_ends.hpp"

namespace neurocomp::decoder {

using namespace frame;

namespace {

// A family of models that frames may name.
struct Family {
    uint32_t id;
    unsigned revision;
    bool is_binary;
    const char* name;
    bool is_language = false;  // has a window, and takes no dictionary
};

constexpr Family families[] = {
    {family_mix, revision_mix, true, "mix"},
    {family_adaptive, revision_adaptive, false, "adaptive"},
    {family_ngram, revision_ngram, false, "ngram"},
    {family_transformer, revision_transformer, false, "transformer"},
    {family_hf, revision_hf, false, "hf"},
    {family_bytenet, revision_bytenet, true, "bytenet"},
    {family_dalle, revision_dalle, false, "dalle"},
    {family_neural_ngram, revision_neural_ngram, false, "neural-ngram"},
    {family_recurrent_tokens, revision_recurrent_tokens, false, "recurrent-tokens"},
    {family_language, revision_language, true, "language", true},
};

const Family& family_of(const ModelEntry& entry) {
    for (const Family& one : families) {
        if (one.id != entry.family) continue;
        if (one.revision != entry.revision) {
            fail(Fault::model_mismatch, "the frame was written with revision " +
                                            std::to_string(entry.revision) + " of " + one.name +
                                            " models, this decoder has revision " +
                                            std::to_string(one.revision));
        }
        return one;
    }
    fail(Fault::unsupported, "the frame needs models of family " + std::to_string(entry.family) +
                                 ", which this decoder does not have");
}

void check_entry(const ModelEntry& entry) {
    const Family& family = family_of(entry);
    if (family.is_binary) {
        require(entry.symbols == symbols_bytes && entry.coder == coder_binary &&
                    entry.environment.empty() &&
                    (family.is_language ? entry.dictionary.empty() : entry.parameters.empty()),
                Fault::format, "the frame's symbols, coder and properties don't go with its model");
        return;
    }
    require((entry.symbols <= symbols_bpe || entry.symbols == symbols_tokens) &&
                (entry.coder == coder_arithmetic || entry.coder == coder_huffman),
            Fault::unsupported,
            "the frame needs symbols or a coder that this decoder does not have");
    require(entry.dictionary.empty(), Fault::format, "the frame has a dictionary where none goes");
}

std::vector<uint8_t> decode_symbols(const BlockHead& head, const ModelEntry& entry, Bytes payload,
                                    const Models& models, MemoryBudget& memory, const Crew& crew) {
    switch (entry.family) {
        case family_mix:
            return decode_mix(head, entry, payload, models, memory, crew);
        case family_bytenet:
            return decode_bytenet(head, entry, payload, models, memory, crew);
        case family_adaptive:
        case family_ngram:
        case family_transformer:
        case family_dalle:
        case family_neural_ngram:
        case family_recurrent_tokens:
            return decode_symbolwise(head, entry, payload, models, memory, crew);
        case family_language:
            return decode_language(head, entry, payload, models, memory, crew);
        default:
            fail(Fault::unsupported,
                 std::string("the block is coded with a model of family ") + family_of(entry).name +
                     ", which this decoder does not have: neurocomp itself decodes it");
    }
}

// Symbols that no writer makes of a block's content are refused before a model runs: those of token
// sets, which are padded, where their shape is known.
void check_symbols(const BlockHead& head, unsigned symbols) {
    if (symbols == symbols_tokens) return;
    const uint64_t width = symbols == symbols_uint16 ? 2 : 1;
    const uint64_t num_bytes = width * head.num_symbols;
    // Tokens have a byte or more, and line ends, the only transform known here, get shorter.
    const bool is_right = !head.transforms.empty() ? num_bytes < head.decoded_bytes
                          : symbols == symbols_bpe ? num_bytes <= head.decoded_bytes
                                                   : num_bytes == head.decoded_bytes;
    require(is_right, Fault::format, "the block's number of symbols can't be that of its content");
}

}  // namespace

void check_models(const Header& header, const Models& models) {
    for (const ModelEntry& entry : header.models) {
        check_entry(entry);
        models.check(entry);
    }
}

std::vector<uint8_t> decode_block(const BlockHead& head, const Header& header, Bytes payload,
                                  const Models& models, MemoryBudget memory, const Crew& crew) {
    check_transforms(head);
    const bool has_line_ends = !head.transforms.empty();
    const ModelEntry& entry = header.models[head.model];
    check_symbols(head, entry.symbols);
    std::vector<uint8_t> content = decode_symbols(head, entry, payload, models, memory, crew);
    if (has_line_ends) {
        memory.take(head.decoded_bytes);
        auto restored = exchange_line_ends(content, head.decoded_bytes);
        if (!restored) fail(Fault::format, "the block's line ends don't make its size");
        content = std::move(*restored);
    }
    require(content.size() == head.decoded_bytes && crc32(content) == head.content_checksum,
            Fault::checksum,
            "the decoded bytes don't have the recorded checksum: the data is damaged, or was "
            "written by a model that differs from this one");
    return content;
}

}  // namespace neurocomp::decoder
