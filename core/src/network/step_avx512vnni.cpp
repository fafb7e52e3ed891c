#include "network/wide_avx512.hpp"
#include "products/x86.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_avx512vnni(const Step& step) { Runner<products::Avx512VnniProducts>(step).run(); }

}  // namespace neurocomp::network
