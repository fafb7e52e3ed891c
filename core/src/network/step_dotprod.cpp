#include "network/wide_plain.hpp"
#include "products/neon.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_dotprod(const Step& step) { Runner<products::NeonProducts>(step).run(); }

}  // namespace neurocomp::network
