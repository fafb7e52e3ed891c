// Where models are: those of the command line, of NEUROCOMP_MODELS, and beside the program.
#pragma once

#include <memory>

#include "neurocomp.h"
#include "options.hpp"

namespace ncmp_decode {

struct FreeModels {
    void operator()(ncmp_models* models) const { ncmp_models_free(models); }
};
using Models = std::unique_ptr<ncmp_models, FreeModels>;

// `argument` is the name that the program was called by.  Throws Failure where a named one is none.
Models open_models(const Options& options, const char* argument);

}  // namespace ncmp_decode
