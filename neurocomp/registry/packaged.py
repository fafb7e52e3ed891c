"""The models that are part of the package: their names, and the hashes by which frames know them.

Lists cost nothing: the hash of weights is in their file's header, and verified whenever a model is
really loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp import _core
from neurocomp.frame import constants
from neurocomp.registry.catalogue import BY_ID, Family
from neurocomp.store.headers import ModelHeader
from neurocomp.store.shipped import network_file

if TYPE_CHECKING:
    from neurocomp.codec.contract import Model

LICENCE = "Apache-2.0"
"""Licence of all that the package ships."""


@dataclass(frozen=True)
class PackagedModel:
    """A model that is part of the package.

    Attributes:
        name: name on the command line.
        family: family of the model.
        summary: one line for people.
        load: makes it; None for one that ``registry`` makes of its file.
        sha256: returns the hash of its stored integers without making it.
        file: file of the weights, if they have one of their own.
    """

    name: str
    family: Family
    summary: str
    load: Callable[[], Model] | None
    sha256: Callable[[], bytes]
    file: Path | None = None

    @property
    def section_lanes(self) -> int:
        """Lanes of a byte network's section, which share tables and a payload."""
        return section_lanes(None if self.file is None else ModelHeader.read(self.file))


@cache
def _mix() -> Model:
    from neurocomp.models.mix import MixModel

    return MixModel()


@cache
def _adaptive() -> Model:
    from neurocomp.models.adaptive import AdaptiveModel

    return AdaptiveModel()


@cache
def _network(name: str) -> Model:
    from neurocomp.models.bytenet import NetworkModel

    return NetworkModel.shipped(name)


@cache
def _mix_sha256() -> bytes:
    primer = Path(__file__).parents[1] / "models" / "mix" / "primer.txt"
    return _core.weights.sha256([primer.read_bytes()])


@cache
def _file_sha256(path: Path) -> bytes:
    """Return the hash that a model file's header says; raises FormatError, OSError."""
    return ModelHeader.read(path).sha256


def _packaged_network(name: str, summary: str) -> PackagedModel:
    file = network_file(name)
    return PackagedModel(
        name,
        BY_ID[constants.FAMILY_BYTENET],
        summary,
        partial(_network, name),
        partial(_file_sha256, file),
        file,
    )


def _self_contained(
    family_id: int,
    load: Callable[[], Model],
    sha256: Callable[[], bytes],
) -> PackagedModel:
    family = BY_ID[family_id]
    return PackagedModel(family.name, family, family.summary, load, sha256)


EMBEDDED = {
    one.name: one
    for one in (
        _self_contained(constants.FAMILY_MIX, _mix, _mix_sha256),
        _self_contained(constants.FAMILY_ADAPTIVE, _adaptive, partial(_core.weights.sha256, [])),
        _packaged_network("text-s", "a small network and context mixing"),
        _packaged_network("text-l", "a larger network and context mixing"),
    )
}
"""The models that users call by a name of the package alone."""


def section_lanes(header: ModelHeader | None) -> int:
    """Return the section settings in a model file's header."""
    value = None if header is None else header.config.get("section_lanes")
    return value if type(value) is int and value > 0 else constants.SECTION_LANES


def packaged_models(family_id: int) -> Iterator[PackagedModel]:
    """Yield the models of a family that are part of the package."""
    yield from (one for one in EMBEDDED.values() if one.family.id == family_id)
    family = BY_ID[family_id]
    for name, path in family.packaged_files().items():
        sha256 = partial(_file_sha256, path)
        yield PackagedModel(name, family, family.summary, None, sha256, path)


def find_packaged(family_id: int, identity: bytes) -> PackagedModel | None:
    """Return the model of the package whose SHA-256 begins with ``identity``; None if there's none.

    Raises:
        FormatError, OSError: the header of a file of the package cannot be read.
    """
    found = (one for one in packaged_models(family_id) if one.sha256().startswith(identity))
    return next(found, None)


def hash_in_frames(family_id: int, sha256: bytes) -> bytes:
    """Return by what frames name a model: a few bytes are enough for those of the package."""
    is_long = find_packaged(family_id, sha256) is None
    return sha256[: constants.hash_bytes(family_id, is_long=is_long)]
