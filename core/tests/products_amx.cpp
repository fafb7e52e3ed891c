#include "products.hpp"

#include "products/amx.hpp"

namespace neurocomp::tests {

NEUROCOMP_MULTIPLY_BY(multiply_amx, products::AmxProducts)

}  // namespace neurocomp::tests
