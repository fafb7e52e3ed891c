// Model files: what one says of itself, read before the rest is needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sha256.hpp"
#include "frame/errors.hpp"
#include "weights/model.hpp"

namespace neurocomp::decoder {

class ModelFile {
   public:
    // Read what the file says of itself.  Throw frame::Error where it is no model.
    explicit ModelFile(const std::string& path);
    explicit ModelFile(std::vector<uint8_t> content);

    // For messages.
    const std::string& name() const { return name_; }
    const std::string& architecture() const { return architecture_; }
    const Digest& sha256() const { return sha256_; }

    // Calls `use` with the model, all of it verified; throws frame::Error where it is damaged.
    template <typename Use>
    auto with_model(Use use) const {
        try {
            const std::vector<uint8_t> read = is_in_memory_ ? std::vector<uint8_t>() : load();
            const std::vector<uint8_t>& content = is_in_memory_ ? content_ : read;
            const weights::Model model = weights::read_model(content, weights::Check::checksum);
            if (model.sha256 != sha256_) fail(frame::Fault::model_mismatch, "has changed");
            return use(model);
        } catch (const weights::BadModel& error) {
            fail(fault_of(error), error.what());
        }
    }

   private:
    static frame::Fault fault_of(const weights::BadModel& error);
    [[noreturn]] void fail(frame::Fault fault, const std::string& what) const;
    std::vector<uint8_t> load() const;
    void read_header(std::string_view header);

    std::string name_;
    bool is_in_memory_;
    std::vector<uint8_t> content_;
    std::string architecture_;
    Digest sha256_{};
};

}  // namespace neurocomp::decoder
