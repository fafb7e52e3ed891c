#include "base/processor.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include "base/cpuid.hpp"
#endif

namespace neurocomp {

namespace {

std::vector<Processor> detect() {
    std::vector<Processor> found = {Processor::baseline};
#if defined(__x86_64__) || defined(_M_X64)
    const X86Features features = x86_features();
    if (features.avx2) found.push_back(Processor::avx2);
    if (features.avx2 && features.avxvnni) found.push_back(Processor::avxvnni);
    if (features.avx2 && features.avx512vnni) found.push_back(Processor::avx512vnni);
#elif defined(__aarch64__) && defined(__linux__)
    constexpr unsigned long has_dot_products = 1UL << 20;  // HWCAP_ASIMDDP
    if ((getauxval(AT_HWCAP) & has_dot_products) != 0) found.push_back(Processor::dotprod);
#elif defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
    found.push_back(Processor::dotprod);  // every Apple processor, say
#endif
    return found;
}

std::string list_of_available() {
    std::string names;
    for (const Processor one : available_processors()) {
        names += names.empty() ? "" : ", ";
        names += name_of(one);
    }
    return names;
}

Processor find(const std::string& name) {
    for (const Processor one : available_processors()) {
        if (name == name_of(one)) return one;
    }
    throw std::invalid_argument("this machine has no processor '" + name +
                                "'; it runs: " + list_of_available());
}

Processor choose() {
    const char* const wanted = std::getenv("NEUROCOMP_CPU");
    if (wanted == nullptr || *wanted == '\0') return available_processors().back();
    try {
        return find(wanted);
    } catch (const std::invalid_argument& error) {
        throw std::runtime_error(std::string("NEUROCOMP_CPU: ") + error.what());
    }
}

std::atomic<Processor>& chosen() {
    static std::atomic<Processor> processor = choose();
    return processor;
}

}  // namespace

const char* name_of(Processor processor) {
    switch (processor) {
        case Processor::baseline:
            return "baseline";
        case Processor::avx2:
            return "avx2";
        case Processor::avxvnni:
            return "avxvnni";
        case Processor::avx512vnni:
            return "avx512vnni";
        case Processor::dotprod:
            return "dotprod";
    }
    return "";
}

const std::vector<Processor>& available_processors() {
    static const std::vector<Processor> found = detect();
    return found;
}

Processor processor_in_use() { return chosen().load(std::memory_order_relaxed); }

void use_processor(const std::string& name) { chosen().store(find(name)); }

}  // namespace neurocomp
