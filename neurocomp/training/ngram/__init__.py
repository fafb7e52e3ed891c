"""Training n-gram models: counting, smoothing, and packing into a stored model's integers."""

from neurocomp.training.ngram.train import train_ngram

__all__ = ["train_ngram"]
