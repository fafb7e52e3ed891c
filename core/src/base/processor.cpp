#include "base/processor.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include "base/cpuid.hpp"
#endif
#if defined(__aarch64__) && defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#endif

namespace neurocomp {

namespace {

#ifdef NEUROCOMP_AMX
// Asks the system for the tile registers, which it gives to processes that ask.  Other systems than
// Linux, and those before 5.16, are left to kernels without them.
bool may_use_tiles() {
#if defined(__linux__) && defined(__x86_64__)
    constexpr long ask_for_registers = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;              // XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, ask_for_registers, tile_data) == 0;
#else
    return false;
#endif
}
#endif

std::vector<Processor> detect() {
    std::vector<Processor> found = {Processor::baseline};
#if defined(__x86_64__) || defined(_M_X64)
    const X86Features features = x86_features();
    if (features.avx2) found.push_back(Processor::avx2);
    if (features.avx2 && features.avxvnni) found.push_back(Processor::avxvnni);
    if (features.avx2 && features.avx512vnni) found.push_back(Processor::avx512vnni);
#ifdef NEUROCOMP_AMX
    if (features.avx2 && features.avx512vnni && features.amx && may_use_tiles()) {
        found.push_back(Processor::amx);
    }
#endif
#elif defined(__aarch64__) && defined(__linux__)
    constexpr unsigned long has_dot_products = 1UL << 20;  // HWCAP_ASIMDDP
    if ((getauxval(AT_HWCAP) & has_dot_products) != 0) found.push_back(Processor::dotprod);
#elif defined(__aarch64__) && defined(_WIN32)
    constexpr DWORD has_dot_products = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
    if (IsProcessorFeaturePresent(has_dot_products) != 0) found.push_back(Processor::dotprod);
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
        case Processor::amx:
            return "amx";
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
