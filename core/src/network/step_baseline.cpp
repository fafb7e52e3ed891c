#include "network/wide_plain.hpp"
#if defined(__SSE2__) || defined(_M_X64)
#include "products/sse2.hpp"
#else
#include "products/plain.hpp"
#endif

#include "network/step_impl.hpp"

namespace neurocomp::network {

#if defined(__SSE2__) || defined(_M_X64)
void run_step_baseline(const Step& step) { Runner<products::Sse2Products>(step).run(); }
#else
void run_step_baseline(const Step& step) { Runner<products::PlainProducts>(step).run(); }
#endif

}  // namespace neurocomp::network
