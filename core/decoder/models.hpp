// The models that a decoder may use: what is part of it, and files that a caller names.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"
#include "decoder/language_model.hpp"
#include "decoder/model_file.hpp"
#include "decoder/symbol_models.hpp"
#include "frame/header.hpp"
#include "sections/sections.hpp"
#include "weights/byte_network.hpp"

namespace neurocomp::decoder {

// A byte network.
using Network = weights::ByteNetwork;

using Dictionary = std::vector<uint8_t>;

// What was opened last, and what of: any thread may ask.
template <typename T>
class Kept {
   public:
    // What `make` made of that file, now or before.
    template <typename Make>
    std::shared_ptr<const T> get(const ModelFile& file, Make make) {
        const std::scoped_lock lock(mutex_);
        if (opened_ != &file) {
            opened_ = nullptr;
            made_ = nullptr;
            made_ = file.with_model(make);
            opened_ = &file;
        }
        return made_;
    }

   private:
    std::mutex mutex_;
    const ModelFile* opened_ = nullptr;
    std::shared_ptr<const T> made_;
};

// Any thread may ask, once all files are added.
class Models {
   public:
    Models();

    // Adds a model file.  Throws Error where it cannot be read, or is none.
    void add_file(const std::string& path);
    // Adds the model files of a folder.  Throws Error where that cannot be read.
    void add_folder(const std::string& path);
    // Adds a model file's bytes.  Throws Error where they are none.
    void add_bytes(Bytes content);

    // The text that context mixing may have read before a block.
    Primer& primer() const { return primer_; }
    // Throws Error where a frame names a model that is part of the software, and this is another
    // software, or a dictionary that there is none of.  Nothing is opened.
    void check(const frame::ModelEntry& entry) const;
    // Throw Error where there is none of the frame's hash, or it is damaged.
    std::shared_ptr<const Network> network(Bytes hash) const;
    std::shared_ptr<const Dictionary> dictionary(Bytes hash) const;
    SymbolModel symbol_model(const frame::ModelEntry& entry) const;
    std::shared_ptr<const LanguageModel> language(const frame::ModelEntry& entry) const;

   private:
    // The file of that hash, or of one that begins so; null where there is none.
    const ModelFile* find(Bytes hash) const;
    // The same of an architecture, where a short hash may be that of another model as well.
    const ModelFile* find_of(std::string_view architecture, Bytes hash) const;
    const ModelFile& find_dictionary(Bytes hash) const;

    mutable Primer primer_;
    Digest primer_hash_;
    std::vector<ModelFile> files_;

    mutable Kept<Network> network_;
    mutable Kept<Dictionary> dictionary_;
    mutable Kept<SymbolModel> symbol_model_;
    mutable Kept<LanguageModel> language_;
};

}  // namespace neurocomp::decoder
