#include "mix/kernels_impl.hpp"

namespace neurocomp::mix {

const Kernels baseline_kernels = {learn, encode, decode};

}  // namespace neurocomp::mix
