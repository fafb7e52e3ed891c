#include "language/mixture_impl.hpp"

namespace neurocomp::language {

const Kernels baseline_kernels = {encode, decode};

}  // namespace neurocomp::language
