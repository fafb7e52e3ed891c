// Asking for memory before it is wanted.
#pragma once

#if defined(__GNUC__) || defined(__clang__)
#define NEUROCOMP_PREFETCH(address, for_writing) __builtin_prefetch(address, for_writing)
#else
#define NEUROCOMP_PREFETCH(address, for_writing) ((void)(address))
#endif
