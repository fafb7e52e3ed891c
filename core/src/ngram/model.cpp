#include "ngram/model.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "weights/tensors.hpp"

namespace neurocomp::ngram {

using weights::BadModel;
using weights::StoredTensor;
using weights::Type;

namespace {

constexpr size_t max_nodes = (size_t{1} << 31) - 2;

void require(bool condition, const char* what) {
    if (!condition) throw BadModel(what);
}

// A tensor of one dimension and of an unsigned type of up to so many bytes.
const StoredTensor& find_unsigned(const weights::Model& stored, const std::string& name,
                                  size_t most_bytes) {
    const StoredTensor* const tensor = stored.find(name);
    if (tensor == nullptr || tensor->shape().size() != 1 || is_signed(tensor->type()) ||
        item_bytes(tensor->type()) > most_bytes) {
        throw BadModel("tensor '" + name + "' of the n-gram model is missing or of a wrong type");
    }
    return *tensor;
}

// A tensor of that type and no other.
template <typename T>
Array<T> read_exactly(const weights::Model& stored, const std::string& name, Type type,
                      const std::vector<size_t>& shape) {
    if (weights::find_tensor(stored, name, shape).type() != type) {
        throw BadModel("tensor '" + name + "' of the n-gram model is of a wrong type");
    }
    return weights::read_tensor<T>(stored, name, shape);
}

void check_probabilities(const Array<int32_t>& values) {
    const bool is_sound =
        std::all_of(values.data(), values.data() + values.size(),
                    [](int32_t value) { return value >= 0 && value <= int32_t{1} << value_bits; });
    require(is_sound, "values of the n-gram model are not probabilities");
}

// Each lane's contexts in the trie; lanes don't influence each other.
class Lanes final : public symbolwise::Predictor {
   public:
    Lanes(const Model& model, size_t num_lanes)
        : model_(model),
          num_lanes_(num_lanes),
          contexts_(num_lanes * model.order(), -1),
          weights_(model.alphabet_size()) {
        for (size_t lane = 0; lane < num_lanes; ++lane) contexts_[lane * model.order()] = 0;
    }

    void predict(int32_t* out) override {
        model_.predict(contexts_.data(), num_lanes_, weights_.data(), out);
    }
    void update(const int32_t* symbols) override {
        advance(model_.trie(), contexts_.data(), num_lanes_, model_.order(), symbols);
    }

   private:
    const Model& model_;
    size_t num_lanes_;
    std::vector<int32_t> contexts_;
    std::vector<int64_t> weights_;
};

}  // namespace

Model::Model(const weights::Model& stored) {
    if (stored.architecture != architecture) {
        throw BadModel("it holds a model of architecture '" + stored.architecture +
                           "', which is no n-gram model",
                       BadModel::Kind::unsupported);
    }
    const auto integer = [&](const char* name, size_t most) {
        return static_cast<size_t>(
            weights::read_integer(stored.config, name, 1, static_cast<int64_t>(most)));
    };
    order_ = integer("order", max_order);
    alphabet_size_ = integer("alphabet_size", max_alphabet_size);
    read_trie(stored);
    const weights::Json* const smoothing = stored.config.find("smoothing");
    const std::string name = smoothing == nullptr ? "" : smoothing->text();
    if (name != "kneser-ney" && name != "katz") {
        throw BadModel("the n-gram model is smoothed in a way that is not known",
                       BadModel::Kind::unsupported);
    }
    read_probabilities(stored, name == "katz");
}

void Model::read_trie(const weights::Model& stored) {
    const StoredTensor& symbols = find_unsigned(stored, "symbols", 2);
    const StoredTensor& child_counts = find_unsigned(stored, "child_counts", 2);
    const size_t num_nodes = symbols.num_elements(), num_inner = child_counts.num_elements();
    require(num_inner >= 1 && num_inner <= num_nodes && num_nodes <= max_nodes,
            "the trie of the n-gram model is damaged: its sizes disagree");
    trie_.wide = symbols.type() == Type::uint16;
    if (trie_.wide) {
        wide_symbols_ = weights::read_tensor<uint16_t>(stored, "symbols", {num_nodes});
        trie_.symbols = wide_symbols_.data();
    } else {
        narrow_symbols_ = weights::read_tensor<uint8_t>(stored, "symbols", {num_nodes});
        trie_.symbols = narrow_symbols_.data();
    }
    starts_ = Array<int32_t>(num_inner + 1);
    const auto counts = weights::read_tensor<uint16_t>(stored, "child_counts", {num_inner});
    size_t end = 1;
    for (size_t node = 0; node < num_inner; ++node) {
        starts_[node] = static_cast<int32_t>(end);
        end += counts[node];
        require(end <= num_nodes, "the trie of the n-gram model is damaged: its sizes disagree");
    }
    starts_[num_inner] = static_cast<int32_t>(end);
    trie_.starts = starts_.data();
    trie_.num_inner = num_inner;
    trie_.num_nodes = num_nodes;
    trie_.alphabet_size = alphabet_size_;
    require(is_sound(trie_), "the trie of the n-gram model is damaged");
    levels_ = find_levels();
    check_siblings();
}

std::vector<size_t> Model::find_levels() const {
    std::vector<size_t> levels = {0, 1};
    while (levels.size() <= order_ + 1) {
        const size_t last = levels.back();
        require(last <= trie_.num_inner,
                "the trie of the n-gram model is damaged: its levels disagree");
        levels.push_back(static_cast<size_t>(starts_[last]));
    }
    require(levels[order_] == trie_.num_inner && levels[order_ + 1] == trie_.num_nodes,
            "the trie of the n-gram model is damaged: its levels disagree");
    return levels;
}

void Model::check_siblings() const {
    for (size_t node = 0; node < trie_.num_inner; ++node) {
        const auto end = static_cast<size_t>(starts_[node + 1]);
        for (auto child = static_cast<size_t>(starts_[node]) + 1; child < end; ++child) {
            require(trie_.symbol(child - 1) < trie_.symbol(child),
                    "the trie of the n-gram model is damaged: its symbols are not sorted");
        }
    }
}

void Model::read_probabilities(const weights::Model& stored, bool backs_off) {
    const size_t first_alpha = levels_[2], depth = order_ - 1;
    alphas_ = read_exactly<uint8_t>(stored, "alphas", Type::uint8, {trie_.num_nodes - first_alpha});
    gammas_ = read_exactly<uint8_t>(stored, "gammas", Type::uint8, {trie_.num_inner - 1});
    alpha_books_ = read_exactly<int32_t>(stored, "alpha_books", Type::int32, {depth, num_codes});
    gamma_books_ = read_exactly<int32_t>(stored, "gamma_books", Type::int32, {depth, num_codes});
    base_ = read_exactly<int32_t>(stored, "base", Type::int32, {alphabet_size_});
    for (const auto* const values : {&alpha_books_, &gamma_books_, &base_}) {
        check_probabilities(*values);
    }
    probabilities_ = {
        alphas_.data(), gammas_.data(), alpha_books_.data(), gamma_books_.data(), base_.data(),
        first_alpha,    backs_off};
}

void Model::predict(const int32_t* contexts, size_t num_lanes, int64_t* weights,
                    int32_t* out) const {
    ngram::predict(trie_, probabilities_, contexts, num_lanes, order_, weights, out);
}

uint64_t Model::predictor_bytes(size_t num_lanes, size_t) const {
    return sizeof(int32_t) * uint64_t{num_lanes} * order_ +
           sizeof(int64_t) * uint64_t{alphabet_size_} + 4096;
}

std::unique_ptr<symbolwise::Predictor> Model::predictor(size_t num_lanes, size_t,
                                                        const symbolwise::ForEach&) const {
    return std::make_unique<Lanes>(*this, num_lanes);
}

}  // namespace neurocomp::ngram
