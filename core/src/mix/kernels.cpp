#include "mix/kernels.hpp"

#include "base/processor.hpp"

namespace neurocomp::mix {

const Kernels& kernels() {
#if defined(__x86_64__) || defined(_M_X64)
    if (processor_in_use() >= Processor::avx2) return avx2_kernels;
#endif
    return baseline_kernels;
}

}  // namespace neurocomp::mix
