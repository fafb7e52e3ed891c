"""The models of a contender as files of this machine; checkpoints are made exact first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from neurocomp.bench.suite.ours import Options
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.shipped import DALLE_PREFIX

_GGUF = ".gguf"
_SHOWN_HASH = 12


def is_checkpoint(name: str) -> bool:
    """Return whether a model's name is that of a folder or GGUF file to convert."""
    path = Path(name)
    return path.is_dir() or (path.suffix == _GGUF and path.is_file())


def exact_model(checkpoint: Path, folder: Path) -> Path:
    """Return the file of a checkpoint's exact model, which is made where it is missing.

    Args:
        checkpoint: a checkpoint that ``neurocomp models import`` takes.
        folder: folder for models; a file there is named after the checkpoint and its content.

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


def localised(options: Options, folder: Path, converted: Path) -> Options:
    """Return a contender's options with the paths of its models, as the program can open them.

    Args:
        options: the options as given; names of installed models stay.
        folder: base folder of relative paths: a suite's own, or the current one.
        converted: folder for the exact models of checkpoints; see `exact_model`.

    Raises:
        FormatError, UnsupportedError, OSError: a checkpoint cannot be read or made exact.
    """
    model = None if options.model is None else _beside(options.model, folder)
    if model is not None and model not in EMBEDDED and is_checkpoint(model):
        model = str(exact_model(Path(model), converted))
    return replace(
        options,
        model=model,
        dictionary=None if options.dictionary is None else _beside(options.dictionary, folder),
        model_path=tuple(_beside(path, folder) for path in options.model_path),
    )


def _beside(name: str, folder: Path) -> str:
    """Return a model's name with ``folder`` before it, if there is such a file or folder."""
    if name in EMBEDDED:
        return name
    prefix = DALLE_PREFIX if name.startswith(DALLE_PREFIX) else ""
    path = folder / name.removeprefix(prefix)
    return f"{prefix}{path}" if path.exists() else name
