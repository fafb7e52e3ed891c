"""Neural networks as torch modules, in floating point, for training."""
