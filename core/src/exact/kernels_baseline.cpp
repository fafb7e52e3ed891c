#include "exact/kernels_impl.hpp"

namespace neurocomp::exact {

const Kernels baseline_kernels = all_kernels;

}  // namespace neurocomp::exact
