#include "mix/kernels_impl.hpp"

namespace neurocomp::mix {

const Kernels avx2_kernels = {learn, encode, decode};

}  // namespace neurocomp::mix
