#include "mix/kernels_impl.hpp"
#include "mix/trace_impl.hpp"

namespace neurocomp::mix {

const Kernels baseline_kernels = {learn, encode, decode, trace};

}  // namespace neurocomp::mix
