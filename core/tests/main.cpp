// Tests of the core alone: every kind of processor that this machine is computes the same, and no
// payload, however damaged, leads outside a buffer (`make sanitize` looks).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/integers.hpp"
#include "base/processor.hpp"
#include "checks.hpp"
#include "network/batch.hpp"
#include "sections/sections.hpp"

namespace {

using namespace neurocomp;
using tests::num_failed;
using tests::Numbers;

void test_integers() {
    EXPECT(floor_divide(-7, 3) == -3);
    EXPECT(floor_divide(7, 3) == 2);
    EXPECT(floor_divide(-6, 3) == -2);
    EXPECT(wrapping_add(INT32_MAX, 1) == INT32_MIN);
    EXPECT(wrapping_subtract(INT32_MIN, 1) == INT32_MAX);
    EXPECT(bit_length(0) == 0 && bit_length(1) == 1 && bit_length(UINT64_MAX) == 64);
    for (const int64_t root : {int64_t{1} << 30, (int64_t{1} << 30) + 1, (int64_t{1} << 31) - 1}) {
        EXPECT(integer_root(root * root) == root);
        EXPECT(integer_root(root * root + 2 * root) == root);
    }
}

// A network of any shape with weights up to their bounds.
struct RandomNetwork {
    std::vector<int32_t> embeddings, scales, gates, silu, exp2;
    network::HashedRows hashed;
    std::vector<std::vector<int8_t>> weights;
    std::vector<std::vector<int64_t>> multipliers;
    std::vector<std::vector<int32_t>> biases;
    std::unique_ptr<network::Network> made;

    // `scale` is that of outputs: large ones are clamped.
    RandomNetwork(int width, int inner, int num_blocks, uint32_t scale, uint64_t seed) {
        Numbers numbers(seed);
        network::Shape shape{width, num_blocks, 3, inner, 4295, {{2, 4}, {3, 5}}};
        const auto columns = static_cast<size_t>(width);
        for (size_t i = 0; i < 3 * 256 * columns; ++i)
            embeddings.push_back(numbers.within(1 << 22));
        Array<uint8_t> levels(48 * columns);
        for (size_t i = 0; i < levels.size(); ++i) {
            levels[i] = static_cast<uint8_t>(numbers.within(127));
        }
        hashed = network::HashedRows(std::move(levels), columns);
        for (int i = 0; i < 48; ++i)
            scales.push_back(static_cast<int32_t>(1 + numbers.below(9999)));
        for (int i = 0; i < network::table_size; ++i) {
            gates.push_back(static_cast<int32_t>(numbers.below((1 << 16) + 1)));
            silu.push_back(numbers.within(1 << 16));
        }
        for (int i = 0; i < network::exp2_size; ++i) exp2.push_back((1 << 30) - (i << 19));
        const network::Tensors tensors{embeddings.data(), &hashed,     scales.data(),
                                       gates.data(),      silu.data(), exp2.data()};
        const size_t num_layers = 4 * static_cast<size_t>(num_blocks) + 1;
        weights.resize(num_layers);
        multipliers.resize(num_layers);
        biases.resize(num_layers);
        const int sizes[4][2] = {
            {3 * width, width}, {width, width}, {inner, width}, {width, inner}};
        for (size_t i = 0; i < num_layers; ++i) {
            const int outputs = i + 1 < num_layers ? sizes[i % 4][0] : 256;
            const int inputs = i + 1 < num_layers ? sizes[i % 4][1] : width;
            for (int n = 0; n < outputs * inputs; ++n) {
                weights[i].push_back(static_cast<int8_t>(n < inputs ? 64 : numbers.within(64)));
            }
            for (int n = 0; n < outputs; ++n) {
                multipliers[i].push_back(static_cast<int64_t>(numbers.below(scale)));
                biases[i].push_back(numbers.within(n == 0 ? INT32_MAX / 2 : 3000));
            }
        }
        made = std::make_unique<network::Network>(shape, tensors, [this](size_t i) {
            return network::LayerTensors{weights[i].data(), multipliers[i].data(), biases[i].data(),
                                         38};
        });
    }
};

std::vector<int32_t> weigh(const network::Network& network, size_t num_lanes, size_t ahead,
                           const std::vector<std::vector<uint8_t>>& data) {
    network::Lanes lanes(network, num_lanes, num_lanes * ahead);
    std::vector<uint32_t> active(num_lanes);
    std::iota(active.begin(), active.end(), 0U);
    std::vector<const uint8_t*> known;
    std::vector<std::vector<int32_t>> found(num_lanes);
    for (size_t place = 0; place < data[0].size(); place += ahead) {
        const size_t count = std::min(ahead, data[0].size() - place);
        known.clear();
        for (size_t i = 0; i < num_lanes; ++i) known.push_back(data[i].data() + place);
        lanes.step_ahead(active.data(), num_lanes, known.data(), count);
        for (size_t i = 0; i < num_lanes; ++i) {
            const int32_t* const first = lanes.weights(i * count);
            found[i].insert(found[i].end(), first, first + count * network::alphabet_size);
        }
    }
    std::vector<int32_t> all;
    for (const auto& one : found) all.insert(all.end(), one.begin(), one.end());
    return all;
}

void test_processors_weigh_the_same() {
    const int shapes[][3] = {{4, 4, 1}, {20, 36, 2}, {64, 132, 1}, {100, 52, 1}};
    const size_t steps_at_once[] = {1, 2, 3, 5, 16, 19};
    for (const auto& [width, inner, num_blocks] : shapes) {
        for (const uint32_t scale : {1U << 12, 1U << 20, 1U << 26}) {
            RandomNetwork network(width, inner, num_blocks, scale, scale + 7);
            Numbers numbers(scale);
            std::vector<std::vector<uint8_t>> data(11, std::vector<uint8_t>(19));
            for (auto& lane : data) {
                for (uint8_t& byte : lane) byte = static_cast<uint8_t>(numbers.below(256));
            }
            use_processor("baseline");
            const std::vector<int32_t> expected = weigh(*network.made, 11, 1, data);
            for (const Processor one : available_processors()) {
                use_processor(name_of(one));
                for (const size_t ahead : steps_at_once) {
                    EXPECT(weigh(*network.made, 11, ahead, data) == expected);
                }
            }
        }
    }
}

std::vector<uint8_t> make_content(int kind, size_t size) {
    Numbers numbers(static_cast<uint64_t>(kind) + 5);
    static const std::string words[] = {"the ",   "and\n",    "\xE4\xB8\xAD\xE6\x96\x87",
                                        "0x1F, ", "Context ", "mixing. "};
    std::vector<uint8_t> content;
    while (content.size() < size) {
        switch (kind) {
            case 0:
                for (const char c : words[numbers.below(6)]) {
                    content.push_back(static_cast<uint8_t>(c));
                }
                break;
            case 1:
                content.push_back(static_cast<uint8_t>(numbers.below(256)));
                break;
            case 2:
                content.push_back(0);
                break;
            default:  // records
                for (uint32_t i = 0; i < 23; ++i) {
                    content.push_back(static_cast<uint8_t>(i < 3 ? numbers.below(9) : 7 * i));
                }
        }
    }
    content.resize(size);
    return content;
}

// Encodes in two ways, decodes, and decodes what is damaged.
void test_sections() {
    RandomNetwork network(20, 36, 2, 1 << 20, 3);
    const std::vector<uint8_t> text = make_content(0, 900);
    Primer primer({text.data(), text.size()});
    const Progress ignore = [](size_t) {};
    for (int kind = 0; kind < 4; ++kind) {
        const std::vector<uint8_t> content = make_content(kind, 1501);
        const Bytes whole{content.data(), content.size()};
        for (int way = 0; way < 8; ++way) {
            Plan plan;
            plan.profile = static_cast<mix::Profile>(way % 2);
            if (way >= 2 && way < 6) plan.network = &*network.made;
            plan.num_lanes = way >= 4 && way < 6 ? 2 : 1;
            if (way == 6) plan.primer = &primer;
            if (way % 3 == 0) plan.dictionary = {text.data(), text.size()};
            const std::vector<Bytes> sections = {whole.first(700), whole.subspan(700)};
            std::optional<std::vector<std::optional<Payload>>> expected;
            for (const Processor one : available_processors()) {
                use_processor(name_of(one));
                const auto payloads = encode(plan, sections, 4000, ignore);
                if (!expected) expected = payloads;
                EXPECT(payloads == *expected);
            }
            std::vector<Bytes> payloads;
            for (const auto& one : *expected) payloads.emplace_back(one->data(), one->size());
            std::vector<uint8_t> decoded(content.size());
            const std::span<uint8_t> room(decoded);
            const std::vector<std::span<uint8_t>> parts = {room.first(700), room.subspan(700)};
            decode(plan, payloads, parts, ignore);
            EXPECT(decoded == content);
            if (kind == 1) EXPECT(!encode(plan, sections, 600, ignore)[0]);  // noise does not fit
            Numbers numbers(static_cast<uint64_t>(way));
            for (int i = 0; i < 12; ++i) {
                Payload damaged(payloads[0].begin(), payloads[0].end());
                damaged[numbers.below(static_cast<uint32_t>(damaged.size()))] ^= 0x55;
                if (i % 3 == 0)
                    damaged.resize(numbers.below(static_cast<uint32_t>(damaged.size())));
                const std::vector<Bytes> changed = {{damaged.data(), damaged.size()}, payloads[1]};
                bool refused = false;
                try {
                    decode(plan, changed, parts, ignore);
                } catch (const DamagedPayload&) {
                    refused = true;
                }
                EXPECT(refused || !std::equal(content.begin(), content.begin() + 700, room.data()));
            }
        }
    }
}

void test_choice_of_processor() {
    for (const Processor one : available_processors()) {
        use_processor(name_of(one));
        EXPECT(processor_in_use() == one);
    }
    bool refused = false;
    try {
        use_processor("z80");
    } catch (const std::invalid_argument&) {
        refused = true;
    }
    EXPECT(refused);
}

}  // namespace

int main() {
    test_integers();
    tests::test_coder_stays_in_its_buffer();
    tests::test_coders_of_symbols();
    test_choice_of_processor();
    tests::test_products();
    test_processors_weigh_the_same();
    test_sections();
    std::printf("%s\n", num_failed == 0 ? "core: all tests passed" : "core: tests FAILED");
    return num_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
