#include "decoder/model_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/constants.hpp"
#include "weights/json.hpp"

namespace neurocomp::decoder {

using frame::Fault;
using weights::Json;

namespace {

constexpr size_t length_bytes = 8;  // of safetensors' header, u64

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_file(const std::string& path) {
    File file(std::fopen(path.c_str(), "rb"));
    if (!file) frame::fail(Fault::file, path + ": " + std::strerror(errno));
    return file;
}

// Appends up to so many bytes; room grows with what is there.
void read_some(std::FILE* file, const std::string& path, uint64_t count,
               std::vector<uint8_t>& out) {
    constexpr size_t piece = size_t{1} << 20;
    while (count > 0) {
        const auto wanted = static_cast<size_t>(std::min<uint64_t>(count, piece));
        const size_t before = out.size();
        out.resize(before + wanted);
        const size_t found = std::fread(out.data() + before, 1, wanted, file);
        out.resize(before + found);
        if (found < wanted) {
            if (std::ferror(file) != 0) frame::fail(Fault::file, path + ": cannot be read");
            return;
        }
        count -= found;
    }
}

uint64_t header_length(const std::vector<uint8_t>& content) {
    uint64_t length = 0;
    if (content.size() < length_bytes) return 0;
    for (size_t i = 0; i < length_bytes; ++i) length |= uint64_t{content[i]} << (8 * i);
    return length <= format::max_layout_bytes ? length : 0;
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return -1;
}

bool read_digest(std::string_view digits, Digest& digest) {
    if (digits.size() != 2 * digest.size()) return false;
    for (size_t i = 0; i < digest.size(); ++i) {
        const int high = digit_of(digits[2 * i]);
        const int low = digit_of(digits[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        digest[i] = static_cast<uint8_t>(16 * high + low);
    }
    return true;
}

}  // namespace

ModelFile::ModelFile(const std::string& path) : name_(path), is_in_memory_(false) {
    const File file = open_file(path);
    std::vector<uint8_t> start;
    read_some(file.get(), path, length_bytes, start);
    const uint64_t length = header_length(start);
    read_some(file.get(), path, length, start);
    if (length == 0 || start.size() < length_bytes + length)
        fail(Fault::format, "is no model file");
    read_header(
        {reinterpret_cast<const char*>(start.data()) + length_bytes, static_cast<size_t>(length)});
}

ModelFile::ModelFile(std::vector<uint8_t> content)
    : name_("a model in memory"), is_in_memory_(true), content_(std::move(content)) {
    const uint64_t length = header_length(content_);
    if (length == 0 || content_.size() < length_bytes + length) {
        fail(Fault::format, "is no model file");
    }
    read_header({reinterpret_cast<const char*>(content_.data()) + length_bytes,
                 static_cast<size_t>(length)});
}

void ModelFile::read_header(std::string_view header) {
    const std::optional<Json> json = Json::parse(header);
    const Json* const metadata = json ? json->find("__metadata__") : nullptr;
    const Json* const text = metadata != nullptr ? metadata->find("neurocomp") : nullptr;
    if (text == nullptr || text->kind() != Json::Kind::string) {
        fail(Fault::format, "is no neurocomp model");
    }
    const std::optional<Json> fields = Json::parse(text->text());
    const Json* const architecture = fields ? fields->find("architecture") : nullptr;
    const Json* const sha256 = fields ? fields->find("sha256") : nullptr;
    if (architecture == nullptr || architecture->kind() != Json::Kind::string ||
        sha256 == nullptr || sha256->kind() != Json::Kind::string ||
        !read_digest(sha256->text(), sha256_)) {
        fail(Fault::format, "has damaged metadata");
    }
    architecture_ = architecture->text();
}

std::vector<uint8_t> ModelFile::load() const {
    const File file = open_file(name_);
    std::vector<uint8_t> content;
    read_some(file.get(), name_, UINT64_MAX, content);
    return content;
}

Fault ModelFile::fault_of(const weights::BadModel& error) {
    switch (error.kind) {
        case weights::BadModel::Kind::unsupported:
            return Fault::unsupported;
        case weights::BadModel::Kind::mismatch:
            return Fault::model_mismatch;
        default:
            return Fault::format;
    }
}

void ModelFile::fail(Fault fault, const std::string& what) const {
    frame::fail(fault, name_ + ": " + what);
}

}  // namespace neurocomp::decoder
