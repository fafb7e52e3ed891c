#include "network/wide_avx2.hpp"
#include "products/x86.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_avx2(const Step& step) { Runner<products::Avx2Products>(step).run(); }

}  // namespace neurocomp::network
