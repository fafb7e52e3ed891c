#include "products.hpp"

#include "products/x86.hpp"

namespace neurocomp::tests {

NEUROCOMP_MULTIPLY_BY(multiply_avx512vnni, products::Avx512VnniProducts)

}  // namespace neurocomp::tests
