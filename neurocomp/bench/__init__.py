"""Experiments that compare models with each other: `neurocomp bench article`."""
