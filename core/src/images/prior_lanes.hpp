// The running state of a prior over the lanes of a block: their heads, then records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "images/memory.hpp"
#include "images/prior.hpp"
#include "images/record_form.hpp"
#include "symbolwise/model.hpp"

namespace neurocomp::images {

class PriorLanes final : public symbolwise::Predictor {
   public:
    PriorLanes(const Prior& prior, size_t num_lanes, size_t num_groups,
               symbolwise::ForEach for_each);
    ~PriorLanes() override;

    void predict(int32_t* out) override;
    void update(const int32_t* symbols) override;

    // A little more memory than lanes take.
    static uint64_t num_bytes(const Prior& prior, size_t num_lanes, size_t num_symbols);

   private:
    class Group;

    void predict_head(int32_t* out) const;
    void read_head_symbols(const int32_t* symbols);
    void begin_records();
    void learn(const int32_t* symbols, const RecordForm& form, CodeMemory& memory);

    const Prior& prior_;
    size_t num_lanes_;
    size_t num_groups_;
    symbolwise::ForEach for_each_;
    std::vector<int32_t> head_;
    std::optional<RecordForm> form_;
    std::optional<CodeMemory> memory_;
    std::vector<int32_t> texts_;  // of the records that lanes are at, (lanes, text length)
    std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace neurocomp::images
