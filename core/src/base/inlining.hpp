// How small helpers are compiled into the kernels that call them.
#pragma once

// Kernels of one source are compiled several times, for several processors.  A helper that the
// compiler left out of line would exist once only, in whatever form the linker met first, and an
// old processor could be given the newest one's instructions: so helpers are always inlined.
#if defined(_MSC_VER) && !defined(__clang__)
#define NEUROCOMP_INLINE __forceinline
#define NEUROCOMP_INLINED
#define NEUROCOMP_RESTRICT __restrict
#else
#define NEUROCOMP_INLINE inline __attribute__((always_inline))
#define NEUROCOMP_INLINED __attribute__((always_inline))  // of lambdas, after their parameters
#define NEUROCOMP_RESTRICT __restrict__
#endif
