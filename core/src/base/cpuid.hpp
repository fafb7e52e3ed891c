// Features of an x86-64 processor that the operating system lets programs use.
#pragma once

#include <cstdint>

#if defined(_MSC_VER) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif

namespace neurocomp {

struct X86Features {
    bool avx2;  // with FMA, BMI1, BMI2, F16C, LZCNT, MOVBE: x86-64-v3
    bool avxvnni;
    bool avx512vnni;  // with F, BW, CD, DQ, VL: x86-64-v4
    bool amx;         // tiles of bytes; Linux lets a process use them where it asks
};

struct CpuidRegisters {
    uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

inline CpuidRegisters cpuid(uint32_t leaf, uint32_t subleaf) {
    CpuidRegisters out;
#if defined(_MSC_VER) && !defined(__clang__)
    int values[4];
    __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
    out.eax = static_cast<uint32_t>(values[0]);
    out.ebx = static_cast<uint32_t>(values[1]);
    out.ecx = static_cast<uint32_t>(values[2]);
    out.edx = static_cast<uint32_t>(values[3]);
#else
    __cpuid_count(leaf, subleaf, out.eax, out.ebx, out.ecx, out.edx);
#endif
    return out;
}

// Registers that the operating system saves: bits of XCR0.
inline uint64_t saved_registers() {
#if defined(_MSC_VER) && !defined(__clang__)
    return _xgetbv(0);
#else
    uint32_t low = 0, high = 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return uint64_t{high} << 32 | low;
#endif
}

inline X86Features x86_features() {
    const auto has = [](uint32_t value, uint32_t mask) { return (value & mask) == mask; };
    const auto bit = [](int number) { return uint32_t{1} << number; };
    X86Features features = {};
    if (cpuid(0, 0).eax < 7) return features;
    const CpuidRegisters one = cpuid(1, 0);
    if (!has(one.ecx, bit(27))) return features;  // OSXSAVE: xgetbv may be asked
    const uint64_t saved = saved_registers();
    if ((saved & 0x06) != 0x06) return features;  // SSE and AVX
    const CpuidRegisters seven = cpuid(7, 0);
    const CpuidRegisters extended = cpuid(0x80000001, 0);
    const uint32_t v3_one = bit(12) | bit(22) | bit(28) | bit(29);  // FMA, MOVBE, AVX, F16C
    const uint32_t v3_seven = bit(3) | bit(5) | bit(8);             // BMI1, AVX2, BMI2
    features.avx2 = has(one.ecx, v3_one) && has(seven.ebx, v3_seven) && has(extended.ecx, bit(5));
    const uint32_t v4 = bit(16) | bit(17) | bit(28) | bit(30) | bit(31);  // F, DQ, CD, BW, VL
    const bool wide = (saved & 0xE0) == 0xE0;
    features.avx512vnni = wide && has(seven.ebx, v4) && has(seven.ecx, bit(11));
    const bool tiles = (saved & 0x60000) == 0x60000;  // their shapes and their data
    features.amx = tiles && has(seven.edx, bit(24) | bit(25));
    if (seven.eax >= 1) features.avxvnni = has(cpuid(7, 1).eax, bit(4));
    return features;
}

}  // namespace neurocomp
