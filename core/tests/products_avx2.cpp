#include "products.hpp"

#include "products/x86.hpp"

namespace neurocomp::tests {

NEUROCOMP_MULTIPLY_BY(multiply_avx2, products::Avx2Products)

}  // namespace neurocomp::tests
