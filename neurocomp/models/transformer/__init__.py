"""Decoder-only transformers in exact integer arithmetic; GPT-2 is the first of them."""

from neurocomp.models.transformer.model import TransformerModel

__all__ = ["TransformerModel"]
