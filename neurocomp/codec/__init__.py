"""A codec is a model and a coder in lock-step: symbols to a payload and back."""

from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.contract import Codec, CodedBlock, Tick

__all__ = ["Codec", "CodedBlock", "SymbolCodec", "Tick"]
