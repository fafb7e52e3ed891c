#include "products.hpp"

#include "products/plain.hpp"

namespace neurocomp::tests {

NEUROCOMP_MULTIPLY_BY(multiply_plain, products::PlainProducts)

}  // namespace neurocomp::tests
