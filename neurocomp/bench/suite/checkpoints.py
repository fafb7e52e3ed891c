"""Checkpoints as contenders: made exact first, which is what can be coded with."""

from __future__ import annotations

from pathlib import Path

from neurocomp.models.hub.convert import convert_checkpoint

_GGUF = ".gguf"
_SHOWN_HASH = 12


def is_checkpoint(name: str) -> bool:
    """Return whether a model's name is that of a folder or GGUF file to convert."""
    path = Path(name)
    return path.is_dir() or (path.suffix == _GGUF and path.is_file())


def exact_model(checkpoint: Path, folder: Path) -> Path:
    """Return the file of a checkpoint's exact model, which is made where it is missing.

    Args:
        checkpoint: as ``neurocomp models import`` takes it.
        folder: for models; a file there is named after the checkpoint and its content.

    Raises:
        FormatError, UnsupportedError, OSError: it cannot be read or made exact.
    """
    stored = convert_checkpoint(checkpoint)
    name = f"{checkpoint.absolute().stem}-{stored.sha256.hex()[:_SHOWN_HASH]}.safetensors"
    target = folder / name
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        stored.save(target)
    return target
