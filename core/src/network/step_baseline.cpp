#include "network/wide_plain.hpp"
#include "products/plain.hpp"

#include "network/step_impl.hpp"

namespace neurocomp::network {

void run_step_baseline(const Step& step) { Runner<products::PlainProducts>(step).run(); }

}  // namespace neurocomp::network
