#include "decoder/symbolwise.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <string>

#include "adaptive/model.hpp"
#include "base/utf8.hpp"
#include "coding/arithmetic.hpp"
#include "coding/huffman.hpp"
#include "decoder/symbol_models.hpp"
#include "images/token_files.hpp"
#include "symbolwise/decoding.hpp"
#include "weights/error.hpp"

namespace neurocomp::decoder {

using namespace frame;

namespace {

// Symbols that cost a bit at least, where each other symbol of the alphabet has 2**-24: 1 / ln 2.
constexpr uint64_t symbols_of_a_bit = 11'629'080;
constexpr size_t num_narrow_symbols = size_t{1} << 8;
constexpr size_t num_wide_symbols = size_t{1} << 16;

SymbolModel find_model(const ModelEntry& entry, const Models& models) {
    static const auto adaptive_model = std::make_shared<const adaptive::Model>();
    SymbolModel found =
        entry.family == family_adaptive ? SymbolModel{adaptive_model} : models.symbol_model(entry);
    if (entry.parameters.empty()) return found;
    try {
        found.model = found.model->with_parameters(entry.parameters);
    } catch (const weights::BadModel& error) {
        fail(Fault::format, error.what());
    }
    require(found.model != nullptr, Fault::format,
            "the frame has parameters for a model that takes none");
    return found;
}

void check_entry(const ModelEntry& entry, const SymbolModel& found) {
    require(entry.environment.empty(), Fault::model_mismatch,
            "the frame is bound to a machine, and its model to none");
    const unsigned symbols = found.prior != nullptr                               ? symbols_tokens
                             : found.byte_pairs != nullptr                        ? symbols_bpe
                             : found.model->alphabet_size() <= num_narrow_symbols ? symbols_bytes
                                                                                  : symbols_uint16;
    require(entry.symbols == symbols, Fault::format,
            "the frame's symbols are not those of its model");
}

void check_head(const BlockHead& head, const ModelEntry& entry, const symbolwise::Model& model,
                size_t payload_bytes) {
    const size_t size = model.alphabet_size();
    require(head.variant == 0, Fault::format, "the block's model has no variants");
    require(uint64_t{head.num_lanes} * size <= max_table_entries, Fault::format,
            "the block's lanes are too many for its model's alphabet");
    require(head.num_lanes <= head.num_symbols &&
                (head.num_symbols - 1) / head.num_lanes < model.max_lane_symbols(),
            Fault::format, "a lane of the block is longer than its model reads");
    const uint64_t num_symbols = head.num_symbols;
    const uint64_t num_bits = size == 1 ? 0
                              : entry.coder == coder_huffman
                                  ? num_symbols
                                  : num_symbols * (size - 1) / symbols_of_a_bit;
    require(payload_bytes >= (num_bits + 7) / 8, Fault::format,
            "the payload is too short for the block's number of symbols");
}

// A predictor in as many groups of lanes as the crew has parts and memory has room for.
std::unique_ptr<symbolwise::Predictor> open_predictor(const symbolwise::Model& model,
                                                      const BlockHead& head, MemoryBudget& memory,
                                                      const Crew& crew) {
    const auto needed = [&](size_t num_groups) {
        const size_t largest = (head.num_lanes + num_groups - 1) / num_groups;
        return num_groups * model.predictor_bytes(largest, head.num_symbols);
    };
    size_t num_groups = std::min(crew.num_parts(), head.num_lanes);
    while (num_groups > 1 && !memory.has(needed(num_groups))) --num_groups;
    memory.take(needed(num_groups));
    Workers& workers = crew.workers;
    return model.predictor(head.num_lanes, num_groups,
                           [&workers](size_t count, const std::function<void(size_t)>& work) {
                               workers.for_each(count, work);
                           });
}

template <typename Symbol>
std::vector<Symbol> decode_as(const symbolwise::Model& model, const BlockHead& head,
                              const ModelEntry& entry, Bytes payload, MemoryBudget& memory,
                              const Crew& crew) {
    memory.take(sizeof(Symbol) * head.num_symbols);
    MemoryBudget meanwhile = memory;
    const size_t size = model.alphabet_size();
    meanwhile.take(symbolwise::loop_bytes(head.num_lanes, size));
    const auto predictor = open_predictor(model, head, meanwhile, crew);
    std::vector<Symbol> symbols(head.num_symbols);
    const auto decode_by = [&](coding::SymbolDecoder& decoder) {
        return symbolwise::decode(*predictor, size, decoder, head.num_lanes, std::span(symbols),
                                  [&] { crew.workers.check(); });
    };
    bool is_sound = false;
    if (entry.coder == coder_huffman) {
        meanwhile.take(payload.size());
        coding::HuffmanDecoder decoder({payload.begin(), payload.end()});
        is_sound = decode_by(decoder);
    } else {
        coding::ArithmeticDecoder decoder(payload);
        is_sound = decode_by(decoder);
    }
    if (!is_sound) throw DamagedPayload("the payload is not what its symbols are coded as");
    return symbols;
}

template <typename Symbol>
std::vector<uint8_t> bytes_of_integers(const std::vector<Symbol>& symbols, MemoryBudget& memory) {
    constexpr size_t width = 2;
    require(symbols.size() <= max_block_bytes / width, Fault::format,
            "the block's symbols are more bytes than a block has");
    memory.take(width * symbols.size());
    std::vector<uint8_t> content(width * symbols.size());
    for (size_t i = 0; i < symbols.size(); ++i) {
        require(symbols[i] < num_wide_symbols, Fault::format,
                "a symbol of the block is no integer of 16 bits");
        content[width * i] = static_cast<uint8_t>(symbols[i]);
        content[width * i + 1] = static_cast<uint8_t>(symbols[i] >> 8);
    }
    return content;
}

template <typename Symbol>
std::vector<uint8_t> bytes_of_tokens(const std::vector<Symbol>& tokens,
                                     const symbols::BytePairs& pairs, MemoryBudget& memory) {
    uint64_t num_bytes = 0;
    for (const Symbol symbol : tokens) {
        const auto token = static_cast<size_t>(symbol);
        require(pairs.has(token), Fault::format,
                "a symbol of the block is no token of its vocabulary");
        num_bytes += pairs.content(token).size();
    }
    require(num_bytes <= max_block_bytes, Fault::format,
            "the block's tokens are more bytes than a block has");
    memory.take(num_bytes);
    std::vector<uint8_t> content;
    content.reserve(static_cast<size_t>(num_bytes));
    for (const Symbol token : tokens) {
        const std::span<const uint8_t> bytes = pairs.content(static_cast<size_t>(token));
        content.insert(content.end(), bytes.begin(), bytes.end());
    }
    return content;
}

// The token file of a prior's records.
std::vector<uint8_t> bytes_of_records(const std::vector<uint32_t>& symbols,
                                      const SymbolModel& found, MemoryBudget& memory) {
    const images::Prior& prior = *found.prior;
    // Lists of captions and codes, and the captions' text: a vector doubles as it grows.
    MemoryBudget(memory).take(3 * (sizeof(int32_t) + sizeof(std::string)) * symbols.size());
    const images::Records records = images::read_records(prior.records(), symbols);
    std::vector<std::string> captions;
    for (const std::vector<int32_t>& tokens : records.captions) {
        const std::vector<uint8_t> text = bytes_of_tokens(tokens, *found.byte_pairs, memory);
        captions.emplace_back(text.begin(), text.end());
        require(is_utf8(captions.back()), Fault::format, "a caption of the block is not UTF-8");
    }
    std::vector<uint8_t> content = images::write_token_file(prior.records(), records, captions,
                                                            prior.autoencoder(), max_block_bytes);
    memory.take(content.size());
    return content;
}

}  // namespace

std::vector<uint8_t> decode_symbolwise(const BlockHead& head, const ModelEntry& entry,
                                       Bytes payload, const Models& models, MemoryBudget& memory,
                                       const Crew& crew) {
    const SymbolModel found = find_model(entry, models);
    check_entry(entry, found);
    const symbolwise::Model& model = *found.model;
    check_head(head, entry, model, payload.size());
    const size_t size = model.alphabet_size();
    if (found.prior != nullptr) {
        require(head.num_symbols <= found.prior->records().max_symbols(head.decoded_bytes),
                Fault::format, "the block's number of symbols can't be that of its content");
        require(head.num_lanes == found.prior->records().num_lanes(head.num_symbols) &&
                    head.num_symbols % head.num_lanes == 0,
                Fault::format, "the block's lanes are not those of token records");
        const auto symbols = decode_as<uint32_t>(model, head, entry, payload, memory, crew);
        return bytes_of_records(symbols, found, memory);
    }
    if (size <= num_narrow_symbols) {
        auto symbols = decode_as<uint8_t>(model, head, entry, payload, memory, crew);
        if (found.byte_pairs == nullptr) return symbols;
        return bytes_of_tokens(symbols, *found.byte_pairs, memory);
    }
    const auto content_of = [&](const auto& symbols) {
        return found.byte_pairs == nullptr ? bytes_of_integers(symbols, memory)
                                           : bytes_of_tokens(symbols, *found.byte_pairs, memory);
    };
    if (size <= num_wide_symbols) {
        return content_of(decode_as<uint16_t>(model, head, entry, payload, memory, crew));
    }
    return content_of(decode_as<uint32_t>(model, head, entry, payload, memory, crew));
}

}  // namespace neurocomp::decoder
