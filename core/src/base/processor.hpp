// Which instructions the processor has, asked at run time.
#pragma once

#include <string>
#include <vector>

namespace neurocomp {

// Kinds of processors that kernels are compiled for.  Each kind of a family has what those before it
// have.  All give the same integers.
enum class Processor {
    baseline,    // any
    avx2,        // x86-64-v3
    avxvnni,     // and dot products of bytes in 256-bit registers
    avx512vnni,  // x86-64-v4, and dot products in 512-bit ones
    amx,         // and products of tiles of bytes, which the system has let this process use
    dotprod,     // arm64 with dot products of bytes
};

const char* name_of(Processor processor);

// What this machine runs, the slowest first.
const std::vector<Processor>& available_processors();

// The fastest of them, or what NEUROCOMP_CPU asks for by its name.
// Throws std::runtime_error where this machine has no such processor.
Processor processor_in_use();

// Has kernels of another kind used from now on, for tests; throws std::invalid_argument.
void use_processor(const std::string& name);

}  // namespace neurocomp
