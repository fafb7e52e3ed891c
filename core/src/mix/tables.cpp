#include "mix/tables.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "mix/layout.hpp"

namespace neurocomp::mix {

namespace {

// A non-negative fixed-point number: 192 bits, 128 of them after the point.
class Fixed {
   public:
    static Fixed one() {
        Fixed result;
        result.limbs_[fraction_limbs] = 1;
        return result;
    }

    bool is_zero() const {
        return std::all_of(limbs_.begin(), limbs_.end(), [](uint32_t limb) { return limb == 0; });
    }

    Fixed operator+(const Fixed& other) const {
        Fixed result;
        uint64_t carry = 0;
        for (size_t i = 0; i < num_limbs; ++i) {
            carry += uint64_t{limbs_[i]} + other.limbs_[i];
            result.limbs_[i] = static_cast<uint32_t>(carry);
            carry >>= 32;
        }
        return result;
    }

    // The product, rounded down.
    Fixed operator*(const Fixed& other) const {
        std::array<uint32_t, 2 * num_limbs> product{};
        for (size_t i = 0; i < num_limbs; ++i) {
            uint64_t carry = 0;
            for (size_t j = 0; j < num_limbs; ++j) {
                carry += uint64_t{limbs_[i]} * other.limbs_[j] + product[i + j];
                product[i + j] = static_cast<uint32_t>(carry);
                carry >>= 32;
            }
            product[i + num_limbs] = static_cast<uint32_t>(carry);
        }
        Fixed result;
        std::copy_n(product.begin() + fraction_limbs, num_limbs, result.limbs_.begin());
        return result;
    }

    // The quotient, rounded down.
    Fixed operator/(uint32_t divisor) const {
        Fixed result;
        uint64_t rest = 0;
        for (size_t i = num_limbs; i-- > 0;) {
            rest = rest << 32 | limbs_[i];
            result.limbs_[i] = static_cast<uint32_t>(rest / divisor);
            rest %= divisor;
        }
        return result;
    }

    // 2**bits / this, rounded down; this > 1, bits < 63.
    uint64_t reciprocal(int bits) const {
        uint64_t quotient = 0;
        Fixed rest = one();
        for (int i = 0; i < bits; ++i) {
            rest = rest + rest;
            quotient <<= 1;
            if (!(rest < *this)) {
                rest.subtract(*this);
                quotient |= 1;
            }
        }
        return quotient;
    }

    // Times 2**40, rounded down; this < 2**24.
    uint64_t scaled() const {
        const uint64_t whole = uint64_t{limbs_[4]} << 40;
        return whole | uint64_t{limbs_[3]} << 8 | limbs_[2] >> 24;
    }

   private:
    static constexpr size_t num_limbs = 6;
    static constexpr size_t fraction_limbs = 4;

    bool operator<(const Fixed& other) const {
        return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(),
                                            other.limbs_.rend());
    }
    void subtract(const Fixed& other) {
        uint64_t borrow = 0;
        for (size_t i = 0; i < num_limbs; ++i) {
            const uint64_t difference = uint64_t{limbs_[i]} - other.limbs_[i] - borrow;
            limbs_[i] = static_cast<uint32_t>(difference);
            borrow = difference >> 63;
        }
    }

    std::array<uint32_t, num_limbs> limbs_{};  // the lowest first
};

// exp(k / 256) for k = 0 .. squash_limit.
std::vector<Fixed> exponentials() {
    Fixed ratio = Fixed::one();
    Fixed term = Fixed::one();
    for (uint32_t divisor = 1; !term.is_zero(); ++divisor) {  // Taylor series of exp(1 / 256)
        term = term / (256 * divisor);
        ratio = ratio + term;
    }
    std::vector<Fixed> powers = {Fixed::one()};
    while (powers.size() <= squash_limit) powers.push_back(powers.back() * ratio);
    return powers;
}

void fill_logistic(Constants& out, const std::vector<Fixed>& powers) {
    constexpr int bits = 40;
    constexpr int64_t one = int64_t{1} << bits;
    std::vector<int64_t> logistic(std::size(out.squash));  // 2**40 / (1 + exp(-x / 256))
    for (int x = 0; x <= squash_limit; ++x) {
        const Fixed sum = Fixed::one() + powers[static_cast<size_t>(x)];
        // exp(0) is 1: the quotient 2**40 / 2 is exact.
        const auto below = static_cast<int64_t>(sum.reciprocal(bits));
        // Both tables are made of quotients rounded down, to 40 and to 16 bits.
        const int64_t below16 = below >> (bits - 16);
        const auto left = static_cast<size_t>(squash_limit - x);
        const size_t right = 2 * size_t{squash_limit} - left;
        logistic[left] = below;
        logistic[right] = one - below;
        out.squash[left] = static_cast<int32_t>(std::clamp<int64_t>(below16, 1, 65535));
        out.squash[right] = static_cast<int32_t>(std::clamp<int64_t>(65536 - below16, 1, 65535));
    }
    for (int64_t p = 0; p < 4096; ++p) {
        const int64_t middle = (2 * p + 1) << (bits - 13);
        const auto place = std::lower_bound(logistic.begin(), logistic.end(), middle);
        const auto log_odds = static_cast<int32_t>(place - logistic.begin()) - squash_limit;
        out.stretch[p] = std::clamp(log_odds, -stretch_limit, stretch_limit);
    }
}

void fill_logarithms(Constants& out, const std::vector<Fixed>& powers) {
    constexpr size_t num_powers = 360;  // exp(359 / 256) > 4
    std::vector<uint64_t> scaled;
    scaled.reserve(num_powers);
    for (size_t k = 0; k < num_powers; ++k) scaled.push_back(powers[k].scaled());
    constexpr uint64_t one = uint64_t{1} << logarithm_bits;
    for (uint64_t i = 0; i < one; ++i) {
        // Rounded in half units of 1/256: exp(k / 256)**2 against the square of the value.
        const uint64_t square = (one + i) * (one + i) << (40 - 2 * logarithm_bits);
        const auto place = std::upper_bound(scaled.begin(), scaled.end(), square);
        out.logarithm[i] = static_cast<int32_t>(place - scaled.begin()) / 2;
    }
}

// Bit histories: what happened in one context, in one byte (Mahoney, "Adaptive weighing of context
// models for lossless data compression", 2005).  Up to four bits are known exactly; beyond that a
// pair of bounded counts and the last bit.  A bit that contradicts a long run discards part of it.
struct History {
    int zeros = 0;
    int ones = 0;
    int recent = 0;  // the bits, or the last one

    auto key() const { return std::tuple(zeros + ones, zeros, ones, recent); }
    bool operator<(const History& other) const { return key() < other.key(); }
};

History after(const History& history, int bit) {
    constexpr int exact_bits = 4;
    // The largest count of the more frequent bit, by that of the rarer one.
    constexpr std::array<int, 7> largest = {48, 36, 14, 9, 7, 6, 6};
    // What is left of a count when a bit contradicts it.
    constexpr std::array<int, 14> kept = {0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6};
    if (history.zeros + history.ones < exact_bits) {
        return {history.zeros + 1 - bit, history.ones + bit, 2 * history.recent + bit};
    }
    const int same = (bit != 0 ? history.ones : history.zeros) + 1;
    const int before = bit != 0 ? history.zeros : history.ones;
    const int opposite = kept[std::min<size_t>(static_cast<size_t>(before), kept.size() - 1)];
    const int smaller = std::min({same, opposite, static_cast<int>(largest.size()) - 1});
    const int most = std::max(largest[static_cast<size_t>(smaller)], smaller);
    const int larger = std::min(std::max(same, opposite), most);
    const bool more_of_bit = same > opposite || (same == opposite && bit == 0);
    History result;
    (bit != 0 ? result.ones : result.zeros) = more_of_bit ? larger : smaller;
    (bit != 0 ? result.zeros : result.ones) = more_of_bit ? smaller : larger;
    result.recent = bit;
    if (result.zeros + result.ones <= exact_bits) {  // as if the kept bits had come first
        const int ones = (1 << result.ones) - 1;
        result.recent = bit != 0 ? ones : ones << result.zeros;
    }
    return result;
}

// Histories are numbered by their length, so that a smaller one is one that is cheaper to forget.
void fill_histories(Constants& out) {
    std::map<History, uint8_t> number = {{History{}, 0}};
    std::vector<History> queue = {History{}};
    for (size_t i = 0; i < queue.size(); ++i) {
        for (const int bit : {0, 1}) {
            const History next = after(queue[i], bit);
            if (number.emplace(next, 0).second) queue.push_back(next);
        }
    }
    uint8_t count = 0;
    for (auto& [history, place] : number) place = count++;
    std::fill(std::begin(out.next_history), std::end(out.next_history), uint8_t{0});
    std::fill(std::begin(out.first_guess), std::end(out.first_guess), uint32_t{32768});
    for (const auto& [history, place] : number) {
        const int guess = 65536 * (5 * history.ones + 2) / (5 * (history.zeros + history.ones) + 4);
        out.first_guess[place] = static_cast<uint32_t>(guess);
        for (const int bit : {0, 1}) {
            out.next_history[2 * place + bit] = number.at(after(history, bit));
        }
    }
}

std::unique_ptr<const Constants> build() {
    auto out = std::make_unique<Constants>();
    const std::vector<Fixed> powers = exponentials();
    fill_logistic(*out, powers);
    fill_logarithms(*out, powers);
    fill_histories(*out);
    for (int n = 0; n <= count_limit; ++n) out->rate[n] = (2 << 16) / (2 * n + 3);
    return out;
}

}  // namespace

const Constants& constants() {
    static const std::unique_ptr<const Constants> built = build();
    return *built;
}

}  // namespace neurocomp::mix
