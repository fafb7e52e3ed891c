#include "mix/state.hpp"

#include <algorithm>

#include "base/integers.hpp"

namespace neurocomp::mix {

TableSizes table_sizes(size_t block_bytes) {
    const int lines = std::clamp(bit_length(20 * uint64_t{block_bytes}) - 2, 6, 21);
    const int heads = std::clamp(bit_length(block_bytes), 8, 20);
    return {uint64_t{1} << lines, uint64_t{1} << heads};
}

Tables::Tables(size_t num_bytes, bool with_network)
    : constants(mix::constants()),
      block_bytes(num_bytes),
      line_mask(table_sizes(num_bytes).num_lines - 1),
      head_mask(table_sizes(num_bytes).num_heads - 1),
      history(num_bytes + history_margin),
      slots(64 * (line_mask + 1), PageSize::huge),
      history_maps(size_t{num_contexts} * num_histories),
      order0_map(256),
      followers(256 + 65536),
      match_heads(num_matches * (head_mask + 1), PageSize::huge),
      match_maps(size_t{num_matches} * match_steps),
      weights(size_t{num_rows} * num_inputs),
      final_weights(size_t{num_final_rows} * final_width),
      apms(size_t{num_apms} * apm_contexts * apm_points, PageSize::huge) {
    for (size_t i = 0; i < history_maps.size(); ++i) {
        history_maps[i] = constants.first_guess[i % num_histories] << 16;
    }
    order0_map.fill(uint32_t{1} << 31);
    match_maps.fill(uint32_t{3} << 30);
    for (int point = 0; point < apm_points; ++point) {
        const int log_odds = clamp((point - apm_points / 2) * 256, squash_limit);
        apm_first[point] = static_cast<uint16_t>(constants.squash[log_odds + squash_limit]);
    }
    // Of 65536: contexts that agree should not shout; a network knows much from the start.
    if (with_network) {
        set_weights(3300, 6600, 45000, 65536 / num_sets);
    } else {
        set_weights(7000, 14000, 0, 65536 / network_set);
    }
}

Tables::Tables(const Tables& other, size_t num_bytes)
    : constants(other.constants),
      block_bytes(num_bytes),
      line_mask(other.line_mask),
      head_mask(other.head_mask),
      history(num_bytes + history_margin),
      slots(other.slots.size(), PageSize::huge),
      history_maps(other.history_maps.size()),
      order0_map(other.order0_map.size()),
      followers(other.followers.size()),
      match_heads(other.match_heads.size(), PageSize::huge),
      match_maps(other.match_maps.size()),
      weights(other.weights.size()),
      final_weights(other.final_weights.size()),
      apms(other.apms.size(), PageSize::huge) {
    std::copy_n(other.history.data(), std::min(history.size(), other.history.size()),
                history.data());
    slots.take(other.slots);
    history_maps.take(other.history_maps);
    order0_map.take(other.order0_map);
    followers.take(other.followers);
    match_heads.take(other.match_heads);
    match_maps.take(other.match_maps);
    weights.take(other.weights);
    final_weights.take(other.final_weights);
    apms.take(other.apms);
    std::copy_n(other.apm_first, apm_points, apm_first);
}

void Tables::set_weights(int32_t context, int32_t match, int32_t network, int32_t final_weight) {
    for (size_t row = 0; row < num_rows; ++row) {
        int32_t* out = weights.data() + row * num_inputs;
        std::fill_n(out, num_contexts, context);
        std::fill_n(out + match_source, num_matches, match);
        out[network_source] = network;
    }
    for (size_t row = 0; row < num_final_rows; ++row) {
        std::fill_n(final_weights.data() + row * final_width, num_sets, final_weight);
    }
}

void Tables::trust_network() { set_weights(600, 1500, 62000, 65536 / num_sets); }

void Tables::take(const Experience& experience) {
    for (size_t row = 0; row < num_rows; ++row) {
        for (int i = 0; i < num_inputs; ++i) {
            weights[row * num_inputs + static_cast<size_t>(input_in_memory(i))] =
                experience.weights[row * num_inputs + static_cast<size_t>(i)];
        }
    }
    for (size_t row = 0; row < num_final_rows; ++row) {
        std::copy_n(experience.final_weights + row * num_sets, num_sets,
                    final_weights.data() + row * final_width);
    }
    std::copy_n(experience.history_maps, history_maps.size(), history_maps.data());
    std::copy_n(experience.order0_map, order0_map.size(), order0_map.data());
    std::copy_n(experience.match_maps, match_maps.size(), match_maps.data());
}

void Tables::limit_counts(uint32_t limit) {
    for (Array<uint32_t>* map : {&history_maps, &order0_map, &match_maps}) {
        for (size_t i = 0; i < map->size(); ++i) {
            const uint32_t entry = (*map)[i];
            (*map)[i] = (entry & ~uint32_t{count_limit}) | std::min(entry & count_limit, limit);
        }
    }
}

void Tables::store_weights(int32_t* out, int32_t* out_final) const {
    for (size_t row = 0; row < num_rows; ++row) {
        for (int i = 0; i < num_inputs; ++i) {
            out[row * num_inputs + static_cast<size_t>(i)] =
                weights[row * num_inputs + static_cast<size_t>(input_in_memory(i))];
        }
    }
    for (size_t row = 0; row < num_final_rows; ++row) {
        std::copy_n(final_weights.data() + row * final_width, num_sets, out_final + row * num_sets);
    }
}

namespace {

constexpr Pace pace_of(bool with_network, bool experienced) {
    if (experienced) return {40, 300, 17};
    if (with_network) return {40, 800, 17};
    return {60, 400, 17};
}

}  // namespace

Lane::Lane(Profile which, bool network, bool has_learnt, int64_t first, int64_t count)
    : profile(which),
      with_network(network),
      pace(pace_of(network, has_learnt)),
      start(first),
      num_lanes(count),
      position(first) {
    for (uint64_t i = 0; i < num_contexts; ++i) {
        hashes[i] = i + 1;
        nodes[i] = 16 * i + 1;
    }
}

}  // namespace neurocomp::mix
