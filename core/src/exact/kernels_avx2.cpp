#include "exact/kernels_impl.hpp"

namespace neurocomp::exact {

const Kernels avx2_kernels = all_kernels;

}  // namespace neurocomp::exact
