"""A codec is a model and a coder in lock-step: content to a payload and back."""

from neurocomp.codec.contract import Codec, CodedBlock, Tick

__all__ = ["Codec", "CodedBlock", "Tick"]
