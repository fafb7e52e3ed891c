"""Where the package keeps model files of its own: networks of bytes, and priors of images."""

from __future__ import annotations

import os
from pathlib import Path

from neurocomp.errors import ModelNotFoundError
from neurocomp.names import printable, quoted

DALLE_PREFIX = "dalle:"
DALLE_FILE = "prior.safetensors"


def packaged_folder(room: str) -> Path:
    """Return the folder of a room's stored models in the package."""
    return Path(__file__).parents[1] / "models" / room / "weights"


def network_file(name: str) -> Path:
    """Return the path that the byte network ``name`` would have in the package."""
    return packaged_folder("bytenet") / f"{name}.safetensors"


def packaged_priors() -> dict[str, Path]:
    """Return the files of the priors in the package, by the names that `open_model` knows."""
    files = sorted(packaged_folder("dalle").glob(f"*/{DALLE_FILE}"))
    return {f"{DALLE_PREFIX}{path.parent.name}": path for path in files}


def dalle_file(name: str) -> Path:
    """Return the prior in the folder ``name``, or the one of that name in the package.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    name = name.removeprefix(DALLE_PREFIX)
    packaged = packaged_folder("dalle") / name
    for folder in (Path(name), packaged):
        if name and os.path.isfile(folder / DALLE_FILE):
            return folder / DALLE_FILE
    names = ", ".join(one.removeprefix(DALLE_PREFIX) for one in packaged_priors()) or "none"
    raise ModelNotFoundError(
        f"{quoted(name)} is not a folder with a {DALLE_FILE}: name the folder of a run of "
        f"'neurocomp dalle train-prior', or one of those in the package: {printable(names)}"
    )
