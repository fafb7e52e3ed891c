#include "network/wide_avx512.hpp"
#include "products/amx.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_amx(const Step& step) { Runner<products::AmxProducts>(step).run(); }

}  // namespace neurocomp::network
