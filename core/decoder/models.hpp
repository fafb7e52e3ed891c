// The models that a decoder may use: what is part of it, and files that a caller names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sha256.hpp"
#include "frame/header.hpp"
#include "sections/sections.hpp"

namespace neurocomp::decoder {

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
    // Throws Error where a frame's mix is not the one of this decoder.
    void check_mix(const frame::ModelEntry& entry) const;

   private:
    struct Source {
        std::string path;              // empty where there is no file
        std::vector<uint8_t> content;  // read when it is needed where there is one
    };

    mutable Primer primer_;
    Digest primer_hash_;
    std::vector<Source> sources_;
};

}  // namespace neurocomp::decoder
