"""Options of compression and decompression, validated once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.frame.constants import MAX_BLOCK_BYTES
from neurocomp.registry.lookup import largest_language_model
from neurocomp.store.folder import ModelStore
from neurocomp.threads import num_cores

MIN_BLOCK_BYTES = 1 << 12


@dataclass(frozen=True)
class Preset:
    """A model and a block size under one name.

    Attributes:
        model: name of the model; None for the largest language model that is installed.
        block_bytes: content of a block: what is learnt is forgotten between blocks.
    """

    model: str | None
    block_bytes: int


PRESETS = {
    "fast": Preset("mix", 16 << 20),
    "default": Preset("text-s", 8 << 20),
    "best": Preset("text-l", 64 << 20),
    "max": Preset(None, 64 << 20),
}
READY_PRESETS = tuple(name for name, preset in PRESETS.items() if preset.model is not None)
"""Presets whose model is part of the package."""


@dataclass(frozen=True)
class CompressOptions:
    """Options for compression.

    Attributes:
        preset: gives what the other options leave open: "fast", "default", "best" or "max".
        model: name, hash prefix or file of a model, instead of the preset's.
        coder: "arithmetic" or "huffman".
        block_bytes: content of a block, instead of the preset's.
        threads: blocks, or sections of them, that are coded at once; 0 for as many as there are
            cores.
        verify: decode every block again and compare before it is written; None to do so only
            for models that are not exact.
        model_path: files and folders to search for models as well as the store.
        overlap: symbols of a full window of context that the next one starts with; None for the
            model's own choice.
        dictionary: name, hash prefix or file of a dictionary that is read before each block.
        window: symbols that a language model with a sliding window sees of those before; None for
            the model's own choice.
    """

    preset: str = "default"
    model: str | None = None
    coder: str = "arithmetic"
    block_bytes: int | None = None
    threads: int = 0
    verify: bool | None = None
    model_path: tuple[Path, ...] = ()
    overlap: int | None = None
    dictionary: str | None = None
    window: int | None = None

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise UsageError(f"no preset {self.preset!r}: choose one of {', '.join(PRESETS)}")
        if not MIN_BLOCK_BYTES <= self.resolved_block_bytes <= MAX_BLOCK_BYTES:
            raise UsageError(
                f"a block of {self.block_bytes} bytes is out of range: choose {MIN_BLOCK_BYTES} "
                f"to {MAX_BLOCK_BYTES}"
            )
        check_threads(self.threads)

    @property
    def resolved_model(self) -> str:
        """The model's name: the one that was chosen or the preset's.

        Raises:
            ModelNotFoundError: the preset is "max", and no language model is installed.
        """
        named = PRESETS[self.preset].model if self.model is None else self.model
        if named is None:
            return largest_language_model(ModelStore(search_path=self.model_path))
        return named

    @property
    def resolved_block_bytes(self) -> int:
        """The block size: the one that was chosen or the preset's."""
        if self.block_bytes is None:
            return PRESETS[self.preset].block_bytes
        return self.block_bytes


@dataclass(frozen=True)
class DecompressOptions:
    """Options for decompression: few, as a frame names all that decoding needs.

    Attributes:
        threads: blocks, or sections of them, that are decoded at once; 0 for as many as there are
            cores.
        model_path: files and folders to search for models as well as the store.
        max_output: most bytes of content that are taken; None for any number.
    """

    threads: int = 0
    model_path: tuple[Path, ...] = ()
    max_output: int | None = None

    def __post_init__(self) -> None:
        check_threads(self.threads)
        if self.max_output is not None and self.max_output < 0:
            raise UsageError(
                f"a limit of {self.max_output} bytes is out of range: choose 0 or more"
            )


def check_threads(threads: int) -> None:
    """Raise UsageError unless ``threads`` is a number of threads, or 0."""
    if not 0 <= threads <= 256:
        raise UsageError(f"{threads} threads are out of range: choose 0 to 256")


def resolve_threads(threads: int) -> int:
    """Return the number of threads that ``threads`` stands for."""
    if threads:
        return threads
    return num_cores()
