// A stored prior of captions and image tokens: a transformer with a head for captions and one for
// images, and what its positions see (A. Ramesh et al., Zero-shot text-to-image generation, 2021).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "images/records.hpp"
#include "images/token_files.hpp"
#include "symbolwise/model.hpp"
#include "transformer/context_reader.hpp"
#include "transformer/parts.hpp"

namespace neurocomp::images {

// Its vocabulary is that of captions' tokens, a pad for each of their positions, the start symbol, and
// the codes of images.
class Prior final : public symbolwise::Model {
   public:
    static constexpr std::string_view architecture = "dalle";

    // Throws weights::BadModel where it is another model, damaged, or would not be exact.
    explicit Prior(const weights::Model& stored);
    Prior(const Prior&) = delete;
    Prior& operator=(const Prior&) = delete;

    size_t alphabet_size() const override { return records_.alphabet_size(); }
    uint64_t predictor_bytes(size_t num_lanes, size_t num_symbols) const override;
    std::unique_ptr<symbolwise::Predictor> predictor(
        size_t num_lanes, size_t num_groups, const symbolwise::ForEach& for_each) const override;

    const RecordShape& records() const { return records_; }
    const Autoencoder& autoencoder() const { return autoencoder_; }
    const transformer::Parts& parts() const { return parts_; }
    const std::vector<int32_t>& logarithms() const { return logarithms_; }
    const exact::Layer& text_head() const { return text_head_; }
    const exact::Layer& image_head() const { return image_head_; }
    // What the positions of each block see.
    const transformer::Sights& sights() const { return sights_; }

    size_t num_text_outputs() const { return records_.num_tokens + records_.text_length; }
    // Positions before an image: the start symbol and a caption.
    size_t before() const { return 1 + records_.text_length; }
    int32_t first_code() const { return static_cast<int32_t>(num_text_outputs()) + 1; }
    // The pad of a caption's place.
    int32_t pad_at(size_t place) const { return static_cast<int32_t>(records_.num_tokens + place); }

   private:
    struct OwnSight {
        std::string pattern;
        std::vector<int32_t> bounds, positions;
        exact::Sight view;
    };

    void read_patterns(const weights::Json& config);
    const exact::Sight* sight_of(const std::string& pattern);
    void see(OwnSight& sight) const;
    bool sees(const std::string& pattern, size_t place, size_t other) const;

    transformer::Parts parts_;
    RecordShape records_;
    size_t kernel_;
    Autoencoder autoencoder_{};
    std::vector<int32_t> logarithms_;
    exact::Layer text_head_, image_head_;
    std::vector<std::unique_ptr<OwnSight>> own_sights_;
    transformer::Sights sights_;
};

}  // namespace neurocomp::images
