"""A prior with the autoencoder whose codes it knows, in one folder.

run/
    prior.safetensors       the exact form
    autoencoder/            model.safetensors and config.json
"""

from __future__ import annotations

import shutil
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.autoencoders.stored import (
    CONFIG_NAME,
    MODEL_NAME,
    StoredAutoencoder,
    load_autoencoder,
)
from neurocomp.store.shipped import packaged_folder, packaged_priors

AUTOENCODER = "autoencoder"


def find_autoencoder(name: Path) -> Path:
    """Return the folder of an autoencoder: ``name`` itself, in it if it is a prior's, or packaged.

    A folder that has none is returned as it is; `load_autoencoder` says what is wrong with it.
    """
    packaged = packaged_folder("dalle") / name
    for folder in (name, name / AUTOENCODER, packaged / AUTOENCODER):
        if (folder / MODEL_NAME).is_file():
            return folder
    return name


def packaged_autoencoder(sha256: bytes) -> Path | None:
    """Return the folder of the autoencoder of this hash in the package; None where it has none."""
    for file in packaged_priors().values():
        folder = file.parent / AUTOENCODER
        if (folder / MODEL_NAME).is_file() and load_autoencoder(folder).sha256 == sha256:
            return folder
    return None


def keep_autoencoder(source: Path, folder: Path) -> None:
    """Copy the autoencoder in ``source`` into ``folder``."""
    target = folder / AUTOENCODER
    if target.resolve() == source.resolve():
        return
    target.mkdir(parents=True, exist_ok=True)
    for name in (MODEL_NAME, CONFIG_NAME):
        shutil.copyfile(source / name, target / name)


def open_autoencoder(model: DalleModel, folder: Path) -> StoredAutoencoder:
    """Return the autoencoder in ``folder``, which must be the one whose codes ``model`` knows.

    Raises:
        UsageError: there is none, or it is another one.
        FormatError: it is damaged.
    """
    stored = load_autoencoder(folder)
    wanted = model.shape.autoencoder
    if stored.sha256 != wanted:
        raise UsageError(
            f"the autoencoder in {folder} is {stored.sha256.hex()[:16]}…, the prior knows the "
            f"codes of {wanted.hex()[:16]}…: name its folder with --vae"
        )
    return stored
