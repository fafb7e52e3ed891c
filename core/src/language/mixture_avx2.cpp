#include "language/mixture_impl.hpp"

namespace neurocomp::language {

const Kernels avx2_kernels = {encode, decode};

}  // namespace neurocomp::language
