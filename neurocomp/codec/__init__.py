"""A codec is a model and a coder in lock-step: symbols to a payload and back."""

from neurocomp.codec.contract import Codec, CodedBlock, Tick
from neurocomp.codec.symbolwise import SymbolCodec

__all__ = ["Codec", "CodedBlock", "SymbolCodec", "Tick"]
