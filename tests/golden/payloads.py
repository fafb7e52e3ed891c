"""The guard of revisions: what the arithmetic of each family made of the golden contents.

``payloads.csv`` has a row for each coded block.  ``of`` is a hash of all that a payload is a
function of, but the family's arithmetic: where that is the same and the payload another, frames of
before would decode to something else, and the family's revision must be raised.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from neurocomp.frame.block import Block, Method
from neurocomp.frame.constants import FAMILY_NAMES
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.reader import FrameBlock, read_frames

TABLE = Path(__file__).parent / "payloads.csv"

_HEX_DIGITS = 24


@dataclass(frozen=True)
class Payload:
    """One coded block of a golden frame.

    Attributes:
        frame: name of the golden file.
        block: number in the frame.
        family: the model's.
        revision: of the family's arithmetic.
        of: hash of model, coder, content and what the encoder chose.
        sha256: first digits of the payload's hash.
    """

    frame: str
    block: int
    family: str
    revision: int
    of: str
    sha256: str


def payloads_of(name: str, frame: bytes) -> list[Payload]:
    """Return what is to be recorded of a golden frame."""
    events = [one for one in read_frames(io.BytesIO(frame)) if isinstance(one, FrameBlock)]
    return [
        _payload(name, number, event.header.models[event.block.model], event.block)
        for number, event in enumerate(events)
        if event.block.method is not Method.STORED
    ]


def _payload(name: str, number: int, entry: ModelEntry, block: Block) -> Payload:
    of = (
        replace(entry, revision=0).to_bytes(),
        block.variant,
        block.num_symbols,
        block.num_lanes,
        tuple(map(tuple, block.transforms)),
        block.decoded_bytes,
        block.decoded_checksum,
    )
    digests = (hashlib.sha256(one) for one in (repr(of).encode(), block.payload))
    of_digits, payload_digits = (one.hexdigest()[:_HEX_DIGITS] for one in digests)
    family = FAMILY_NAMES[entry.family]
    return Payload(name, number, family, entry.revision, of_digits, payload_digits)


def read_table(path: Path = TABLE) -> list[Payload]:
    """Return what is recorded; nothing where there is no table yet."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            Payload(
                row["frame"],
                int(row["block"]),
                row["family"],
                int(row["revision"]),
                row["of"],
                row["sha256"],
            )
            for row in csv.DictReader(file)
        ]


def write_table(payloads: Iterable[Payload], path: Path = TABLE) -> None:
    """Record ``payloads``."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([one.name for one in fields(Payload)])
        rows.writerows([getattr(one, field.name) for field in fields(one)] for one in payloads)


def changes_unsaid(recorded: Iterable[Payload], found: Iterable[Payload]) -> str:
    """Return what to do about payloads that changed while their revision did not; empty for none.

    Args:
        recorded: as the table has them.
        found: as they are now.
    """
    before = {(one.family, one.revision, one.of): one for one in recorded}
    changed = [
        one
        for one in found
        if (old := before.get((one.family, one.revision, one.of))) and old.sha256 != one.sha256
    ]
    if not changed:
        return ""
    families = sorted({one.family for one in changed})
    names = ", ".join(f"FAMILY_{family.upper().replace('-', '_')}" for family in families)
    frames = ", ".join(sorted({one.frame for one in changed})[:5])
    return (
        f"the arithmetic of {', '.join(families)} has changed ({len(changed)} payloads, among them "
        f"those of {frames}), but its revision has not: frames that were written before would "
        "decode to something else, or not at all.  If that is not meant, mend the arithmetic.  If "
        f"it is, raise REVISIONS of {names} in neurocomp/frame/constants.py, add the new revision "
        "to REVISION_READERS, leave the former one there with the last release that reads it, and "
        "run `make constants golden`."
    )
