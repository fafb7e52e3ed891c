"""A codec is a model and a coder in lock-step: symbols to a payload and back."""

from neurocomp.codec.base import Codec, CodedBlock, Tick
from neurocomp.codec.bitwise import BitCodec
from neurocomp.codec.symbolwise import SymbolCodec

__all__ = ["BitCodec", "Codec", "CodedBlock", "SymbolCodec", "Tick"]
