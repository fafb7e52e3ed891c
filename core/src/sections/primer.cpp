#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "mix/kernels.hpp"
#include "sections/sections.hpp"

namespace neurocomp {

namespace {

// Counts of the maps after the primer: so much sooner the block's own text weighs more.
constexpr uint32_t primed_counts = 10;

// For blocks up to this primed mixtures are kept.
constexpr size_t kept_room = size_t{1} << 14;

// So many, of 20 to 30 MB each: with the package's primer, such blocks have tables of three sizes.
constexpr size_t max_kept = 3;

}  // namespace

Primer::Primer(Bytes content) : content_(content.begin(), content.end()) {
    if (content_.size() > max_section_bytes) throw std::invalid_argument("a primer is too large");
}

std::unique_ptr<Primer::Primed> Primer::primed(size_t room) {
    const size_t num_bytes = content_.size() + room;
    const mix::TableSizes sizes = mix::table_sizes(num_bytes);
    std::shared_ptr<const Primed> kept;
    bool is_to_keep = false;
    if (room <= kept_room) {
        const std::scoped_lock lock(mutex_);
        kept = find_kept(sizes);
        is_to_keep = std::exchange(is_asked_again_, true);
    }
    if (kept != nullptr) {
        std::unique_ptr<Primed> copy(new Primed{mix::Tables(kept->tables, num_bytes), kept->lane});
        return copy;
    }
    std::unique_ptr<Primed> made(new Primed{mix::Tables(num_bytes, false),
                                            mix::Lane(mix::Profile::text, false, false, 0, 1)});
    mix::kernels().learn(made->tables, made->lane, content_.data(), content_.size());
    made->tables.limit_counts(primed_counts);
    if (!is_to_keep) return made;
    std::unique_ptr<Primed> copy(new Primed{mix::Tables(made->tables, num_bytes), made->lane});
    const std::scoped_lock lock(mutex_);
    if (find_kept(sizes) == nullptr) {  // no other thread has been quicker
        if (kept_.size() == max_kept) kept_.erase(kept_.begin());
        kept_.push_back(std::move(made));
    }
    return copy;
}

std::shared_ptr<const Primer::Primed> Primer::find_kept(const mix::TableSizes& sizes) const {
    for (const std::shared_ptr<const Primed>& one : kept_) {
        if (mix::table_sizes(one->tables.block_bytes) == sizes) return one;
    }
    return nullptr;
}

}  // namespace neurocomp
