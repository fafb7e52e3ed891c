// A linear layer of numpy arrays, which several rooms of the module take.
#pragma once

#include "arrays.hpp"
#include "exact/kernels.hpp"

namespace neurocomp::python {

inline void check_clip(int64_t clip) {
    require(clip >= 0 && clip < int64_t{1} << 31, "a clip is not in 0..2**31 - 1");
}

// A linear layer: see neurocomp/exact/layers.py.  It reads the arrays that it was made of.
class Linear {
   public:
    Linear(Input<int8_t, 2> weight, Input<int64_t, 1> multiplier, Input<int32_t, 1> bias,
           int64_t shift, int64_t clip)
        : weight_(weight), multiplier_(multiplier), bias_(bias) {
        require(weight.shape(0) == multiplier.shape(0) && weight.shape(0) == bias.shape(0),
                "the parts of a linear layer have shapes that don't fit together");
        check_clip(clip);
        parts_ = {weight_.data(),
                  multiplier_.data(),
                  bias_.data(),
                  weight_.shape(1),
                  weight_.shape(0),
                  shift,
                  clip};
    }

    void apply(Input<int16_t, 2> rows, Input<int64_t, 1> mantissas, Input<int64_t, 1> exponents,
               Output<int32_t, 2> out) const {
        const size_t num_rows = rows.shape(0);
        require(rows.shape(1) == parts_.num_inputs && mantissas.shape(0) == num_rows &&
                    exponents.shape(0) == num_rows && out.shape(0) == num_rows &&
                    out.shape(1) == parts_.num_outputs,
                "rows don't fit a linear layer");
        const exact::Matrix<const int16_t> left = matrix(rows);
        const exact::Matrix<int32_t> target = matrix(out);
        const nb::gil_scoped_release release;
        exact::kernels().apply_linear(parts_, left, mantissas.data(), exponents.data(), target);
    }

    const exact::LinearParts& parts() const { return parts_; }

   private:
    Input<int8_t, 2> weight_;
    Input<int64_t, 1> multiplier_;
    Input<int32_t, 1> bias_;
    exact::LinearParts parts_;
};

}  // namespace neurocomp::python
