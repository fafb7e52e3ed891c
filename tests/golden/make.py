"""Write the golden files: ``make golden``.  Review what changes in sizes.csv.

Nothing is written where payloads have changed and the revision of their family has not.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys

from neurocomp.frame.constants import FAMILY_NAMES
from tests.golden import cases, invalid, payloads


def main() -> None:
    cases.FOLDER.joinpath("models").mkdir(exist_ok=True)
    for path, model in cases.stored_models().items():
        model.save(path, packed=True)
    frames = cases.frames()
    found = [one for name, frame in frames.items() for one in payloads.payloads_of(name, frame)]
    if unsaid := payloads.changes_unsaid(payloads.read_table(), found):
        sys.exit(f"nothing was written: {unsaid}")
    files = invalid.invalid_files()
    for folder in (cases.VALID, cases.INVALID):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with cases.SIZES.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["frame", "content_bytes", "content_sha256", "frame_bytes"])
        for case in cases.CASES:
            frame, content = frames[case.name], case.decoded()
            (cases.VALID / f"{case.name}.ncmp").write_bytes(frame)
            digest = hashlib.sha256(content).hexdigest()
            rows.writerow([case.name, len(content), digest, len(frame)])
    with (cases.INVALID / "errors.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["file", "error"])
        for name, (data, error) in files.items():
            (cases.INVALID / f"{name}.ncmp").write_bytes(data)
            rows.writerow([name, error])
    payloads.write_table(found)
    covered = {one.family for one in found}
    print(f"{len(frames)} frames, {len(files)} invalid files; families: {sorted(covered)}")
    print(f"without a frame: {sorted(set(FAMILY_NAMES.values()) - covered)}")


if __name__ == "__main__":
    main()
