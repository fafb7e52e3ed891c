#include "network/wide_avx2.hpp"
#include "products/x86.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_avxvnni(const Step& step) { Runner<products::AvxVnniProducts>(step).run(); }

}  // namespace neurocomp::network
