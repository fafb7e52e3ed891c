#include "decoder/models.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "decoder/packaged.hpp"
#include "transformer/model.hpp"
#include "weights/model.hpp"

namespace neurocomp::decoder {

using frame::Fault;
using frame::ModelEntry;

namespace {

constexpr std::string_view suffix = ".safetensors";
constexpr std::string_view dictionary_architecture = "dictionary";
constexpr std::string_view dictionary_tensor = "content";

Bytes primer_content() { return {primer_text, primer_bytes}; }

Digest hash_of(Bytes content) {
    Sha256 hash;
    hash.update(content);
    return hash.finish();
}

bool begins_with(const Digest& digest, Bytes hash) {
    return std::equal(hash.begin(), hash.end(), digest.begin());
}

std::string hexadecimal(Bytes bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

// The network of the package whose hash begins so, null where there is none.
const PackagedNetwork* find_packaged(const std::string& digits) {
    for (size_t i = 0; i < num_packaged_networks; ++i) {
        if (std::string_view(packaged_networks[i].sha256).starts_with(digits)) {
            return packaged_networks + i;
        }
    }
    return nullptr;
}

// The network of that hash as people know it.
std::string describe(Bytes hash) {
    const std::string digits = hexadecimal(hash);
    const PackagedNetwork* const one = find_packaged(digits);
    if (one == nullptr) return "of hash " + digits;
    return std::string(one->name) + " (" + one->name + std::string(suffix) + ", hash " + digits +
           ")";
}

Dictionary content_of(const weights::Model& model) {
    const weights::StoredTensor* const tensor = model.find(dictionary_tensor);
    frame::require(tensor != nullptr && model.tensors.size() == 1 &&
                       tensor->type() == weights::Type::uint8 && tensor->shape().size() == 1 &&
                       tensor->num_bytes() >= 1 &&
                       tensor->num_bytes() <= format::max_dictionary_bytes,
                   Fault::format, "the frame's dictionary is not one of 1 to 1048576 bytes");
    Dictionary content(tensor->num_bytes());
    tensor->copy(content.data());
    return content;
}

}  // namespace

Models::Models() : primer_(primer_content()), primer_hash_(hash_of(primer_content())) {}

void Models::add_file(const std::string& path) { files_.emplace_back(path); }

void Models::add_folder(const std::string& path) {
    std::error_code failure;
    std::vector<std::string> paths;
    for (std::filesystem::directory_iterator at(path, failure), end; !failure && at != end;
         at.increment(failure)) {
        if (at->path().extension() == suffix) paths.push_back(at->path().string());
    }
    if (failure) frame::fail(Fault::file, path + ": " + failure.message());
    std::sort(paths.begin(), paths.end());
    for (const std::string& one : paths) {
        try {
            add_file(one);
        } catch (const frame::Error& error) {
            // A folder may hold other people's files.
            if (error.fault() != Fault::format) throw;
        }
    }
}

void Models::add_bytes(Bytes content) {
    files_.emplace_back(std::vector<uint8_t>(content.begin(), content.end()));
}

void Models::check(const ModelEntry& entry) const {
    const bool is_short = entry.hash.size() == format::short_hash_bytes;
    bool is_known = true;
    switch (entry.family) {
        case format::family_mix:
        case format::family_adaptive:
            frame::require(is_short, Fault::format,
                           "the frame names a model that is in no file by a whole hash");
            is_known = begins_with(entry.family == format::family_mix ? primer_hash_ : hash_of({}),
                                   entry.hash);
            break;
        case format::family_bytenet:
            is_known = !is_short || find_packaged(hexadecimal(entry.hash)) != nullptr ||
                       find_of(weights::network_architecture, entry.hash) != nullptr;
            break;
        case format::family_hf:
            frame::require(!is_short, Fault::format,
                           "the frame names a model in floats by a part of its hash");
            break;
        case format::family_dalle:  // which priors are part of the software is not known here
            break;
        default:
            is_known = !is_short;
    }
    if (!is_known) {
        frame::fail(Fault::model_mismatch, "the frame was written with a model of hash " +
                                               hexadecimal(entry.hash) +
                                               " that is part of another neurocomp");
    }
    if (!entry.dictionary.empty()) find_dictionary(entry.dictionary);
}

const ModelFile* Models::find(Bytes hash) const {
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const ModelFile& file) {
        return begins_with(file.sha256(), hash);
    });
    return found == files_.end() ? nullptr : &*found;
}

const ModelFile* Models::find_of(std::string_view architecture, Bytes hash) const {
    if (hash.size() == format::long_hash_bytes) return find(hash);
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const ModelFile& one) {
        return one.architecture() == architecture && begins_with(one.sha256(), hash);
    });
    return found == files_.end() ? nullptr : &*found;
}

const ModelFile& Models::find_dictionary(Bytes hash) const {
    const ModelFile* const file = find(hash);
    if (file == nullptr) {
        frame::fail(Fault::model_not_found, "the frame needs the dictionary of hash " +
                                                hexadecimal(hash) +
                                                ", and no model file given is it");
    }
    if (file->architecture() != dictionary_architecture) {
        frame::fail(Fault::format, "the frame's dictionary is none: " + file->name() + " is of " +
                                       file->architecture());
    }
    return *file;
}

std::shared_ptr<const Network> Models::network(Bytes hash) const {
    const ModelFile* const file = find_of(weights::network_architecture, hash);
    if (file == nullptr) {
        frame::fail(Fault::model_not_found, "the frame needs the byte network " + describe(hash) +
                                                ", and no model file given is it");
    }
    if (file->architecture() != weights::network_architecture) {
        frame::fail(Fault::model_mismatch,
                    file->name() + " is not a byte network, but of " + file->architecture());
    }
    return network_.get(*file,
                        [](const weights::Model& model) { return weights::make_network(model); });
}

std::shared_ptr<const Dictionary> Models::dictionary(Bytes hash) const {
    return dictionary_.get(find_dictionary(hash), [](const weights::Model& model) {
        return std::make_shared<const Dictionary>(content_of(model));
    });
}

SymbolModel Models::symbol_model(const ModelEntry& entry) const {
    const SymbolFamily* const family = find_symbol_family(entry.family);
    if (family == nullptr) {
        frame::fail(Fault::unsupported, "models of the block's family are not in files");
    }
    const ModelFile* const file = find_of(family->architecture, entry.hash);
    if (file == nullptr) {
        frame::fail(Fault::model_not_found, std::string("the frame needs the ") + family->name +
                                                " of hash " + hexadecimal(entry.hash) +
                                                ", and no model file given is it");
    }
    if (file->architecture() != family->architecture) {
        frame::fail(Fault::model_mismatch, file->name() + " is not a " + family->name +
                                               ", but of " + file->architecture());
    }
    return *symbol_model_.get(*file, [&](const weights::Model& model) {
        return std::make_shared<const SymbolModel>(make_symbol_model(entry.family, model));
    });
}

std::shared_ptr<const LanguageModel> Models::language(const ModelEntry& entry) const {
    const ModelFile* file = find_of(transformer::architecture, entry.hash);
    if (file == nullptr) file = find(entry.hash);
    if (file == nullptr) {
        frame::fail(Fault::model_not_found, "the frame needs the language model of hash " +
                                                hexadecimal(entry.hash) +
                                                ", and no model file given is it");
    }
    if (file->architecture() != transformer::architecture) {
        frame::fail(Fault::model_mismatch,
                    file->name() + " is not a language model, but of " + file->architecture());
    }
    return language_.get(*file, [](const weights::Model& model) {
        return std::make_shared<const LanguageModel>(model);
    });
}

}  // namespace neurocomp::decoder
