"""A codec is a model and a coder in lock-step: symbols to a payload and back."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurocomp.codec.base import Codec, CodedBlock, Tick
from neurocomp.codec.bitwise import BitCodec

if TYPE_CHECKING:
    from neurocomp.codec.symbolwise import SymbolCodec

__all__ = ["BitCodec", "Codec", "CodedBlock", "SymbolCodec", "Tick"]


def __getattr__(name: str) -> Any:
    """Import the codec of symbols, whose kernels take long to load, when it is asked for."""
    if name == "SymbolCodec":
        return import_module("neurocomp.codec.symbolwise").SymbolCodec
    raise AttributeError(name)
