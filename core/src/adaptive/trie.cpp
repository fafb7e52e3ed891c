#include "adaptive/trie.hpp"

#include "base/integers.hpp"

namespace neurocomp::adaptive {

int32_t Trie::find_child(int32_t context, uint8_t symbol) {
    int32_t previous = -1;
    int32_t child = at(context).child;
    while (child >= 0 && at(child).symbol() != symbol) {
        previous = child;
        child = at(child).sibling;
    }
    if (child >= 0 && previous >= 0) {
        at(previous).sibling = at(child).sibling;
        at(child).sibling = at(context).child;
        at(context).child = child;
    }
    return child;
}

int32_t Trie::add_child(int32_t context, uint8_t symbol) {
    const auto row = static_cast<int32_t>(nodes_.size());
    Node made;
    made.entry = symbol;
    made.sibling = at(context).child;
    nodes_.push_back(made);
    at(context).child = row;
    ++at(context).summary;
    return row;
}

void Trie::count(int32_t context, int32_t child, uint32_t amount) {
    at(child).entry += amount << 8;
    at(context).summary += amount << 9;
    if (at(child).count() <= count_limit) return;
    uint32_t total = 0;
    for (int32_t one = at(context).child; one >= 0; one = at(one).sibling) {
        const uint32_t halved = larger(((at(one).entry >> 8) + 1) >> 1, unit);
        at(one).entry = halved << 8 | at(one).symbol();
        total += halved;
    }
    at(context).summary = total << 9 | static_cast<uint32_t>(at(context).number());
}

}  // namespace neurocomp::adaptive
