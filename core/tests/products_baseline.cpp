#include "products.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#include "products/sse2.hpp"
#else
#include "products/plain.hpp"
#endif

namespace neurocomp::tests {

#if defined(__SSE2__) || defined(_M_X64)
NEUROCOMP_MULTIPLY_BY(multiply_baseline, products::Sse2Products)
#else
NEUROCOMP_MULTIPLY_BY(multiply_baseline, products::PlainProducts)
#endif

}  // namespace neurocomp::tests
