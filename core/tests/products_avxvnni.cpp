#include "products.hpp"

#include "products/x86.hpp"

namespace neurocomp::tests {

NEUROCOMP_MULTIPLY_BY(multiply_avxvnni, products::AvxVnniProducts)

}  // namespace neurocomp::tests
