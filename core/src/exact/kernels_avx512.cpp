// Compiled for AVX-512 with VNNI.
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 takes a variable of its own header for uninitialised (bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "exact/kernels_impl.hpp"

namespace neurocomp::exact {

const Kernels avx512_kernels = all_kernels;

}  // namespace neurocomp::exact
