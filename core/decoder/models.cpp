#include "decoder/models.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/sha256.hpp"
#include "decoder/primer.hpp"

namespace neurocomp::decoder {

namespace {

Bytes primer_content() { return {primer_text, primer_bytes}; }

Digest hash_of(Bytes content) {
    Sha256 hash;
    hash.update(content);
    return hash.finish();
}

}  // namespace

Models::Models() : primer_(primer_content()), primer_hash_(hash_of(primer_content())) {}

void Models::add_file(const std::string& path) { sources_.push_back({path, {}}); }

void Models::add_folder(const std::string& path) {
    std::error_code failure;
    std::vector<std::string> files;
    for (std::filesystem::directory_iterator at(path, failure), end; !failure && at != end;
         at.increment(failure)) {
        if (at->path().extension() == ".safetensors") files.push_back(at->path().string());
    }
    if (failure) frame::fail(frame::Fault::file, path + ": " + failure.message());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) add_file(file);
}

void Models::add_bytes(Bytes content) {
    sources_.push_back({"", {content.begin(), content.end()}});
}

void Models::check_mix(const frame::ModelEntry& entry) const {
    frame::require(entry.revision == frame::revision_mix &&
                       entry.hash.size() == frame::short_hash_bytes &&
                       std::equal(entry.hash.begin(), entry.hash.end(), primer_hash_.begin()),
                   frame::Fault::model_mismatch,
                   "the frame was written with another context mixing than this decoder's");
}

}  // namespace neurocomp::decoder
