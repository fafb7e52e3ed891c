#include "exact/kernels.hpp"

#include "base/processor.hpp"

namespace neurocomp::exact {

const Kernels& kernels() {
#if defined(__x86_64__) || defined(_M_X64)
    const Processor processor = processor_in_use();
    if (processor >= Processor::avx512vnni) return avx512vnni_kernels;
    if (processor >= Processor::avx2) return avx2_kernels;
#endif
    return baseline_kernels;
}

}  // namespace neurocomp::exact
