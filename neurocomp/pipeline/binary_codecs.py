"""Which codec drives a model of bits."""

from __future__ import annotations

from neurocomp.codec import Codec
from neurocomp.codec.damage import Bytes
from neurocomp.codec.deferred import DeferredCodec
from neurocomp.frame.constants import FAMILY_LANGUAGE, FAMILY_MIX
from neurocomp.models.mix.codec import BitCodec
from neurocomp.pipeline.unloaded import UnloadedModel
from neurocomp.registry.dictionary import Dictionary
from neurocomp.registry.opening import OpenModel


def binary_codec(opened: OpenModel, dictionary: Dictionary | None, threads: int) -> Codec:
    """Return the codec of a model of bits; one whose network is not loaded yet loads it itself.

    Args:
        opened: the model.
        dictionary: what it reads before each block.
        threads: sections of blocks that are coded at once.
    """
    content = None if dictionary is None else dictionary.content
    if opened.architecture.id == FAMILY_MIX:
        return BitCodec(content)
    if opened.architecture.id == FAMILY_LANGUAGE:
        return _language_codec(opened)
    model = opened.model
    if isinstance(model, UnloadedModel):
        load = model.load
        return DeferredCodec(lambda: _network_codec(opened.name, load(), content, threads))
    return _network_codec(opened.name, model, content, threads)


def _language_codec(opened: OpenModel) -> Codec:
    from neurocomp.models.language import LanguageModel
    from neurocomp.models.language.codec import LanguageCodec

    if not isinstance(opened.model, LanguageModel):
        raise TypeError(f"no codec for the binary model {opened.name!r}")
    return LanguageCodec(opened.model)


def _network_codec(name: str, model: object, content: Bytes | None, threads: int) -> Codec:
    from neurocomp.models.bytenet import NetworkModel
    from neurocomp.models.bytenet.codec import NetworkCodec

    if not isinstance(model, NetworkModel):
        raise TypeError(f"no codec for the binary model {name!r}")
    return NetworkCodec(model, content, threads)
