"""Write the golden files anew: ``make golden``.  Review what changes in sizes.csv."""

from __future__ import annotations

import csv
import hashlib
import shutil

from neurocomp.models.dalle.samples import prior_sample
from neurocomp.models.neural.samples import ngram_sample, recurrent_sample
from tests.golden import cases


def main() -> None:
    for folder in (cases.VALID, cases.INVALID, cases.BYTE_MODEL.parent):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for path, model in cases.stored_models().items():
        model.save(path)
    prior_sample().save(cases.PRIOR)
    ngram_sample().save(cases.NEURAL_NGRAM)
    recurrent_sample().save(cases.RECURRENT_TOKENS)
    with cases.SIZES.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["frame", "content_bytes", "content_sha256", "frame_bytes"])
        for case in cases.CASES:
            content = cases.ALL_CONTENTS[case.content]()
            frame = case.compress()
            (cases.VALID / f"{case.name}.ncmp").write_bytes(frame)
            digest = hashlib.sha256(content).hexdigest()
            rows.writerow([case.name, len(content), digest, len(frame)])
    with (cases.INVALID / "errors.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["file", "error"])
        for name, (data, error) in cases.invalid_files().items():
            (cases.INVALID / f"{name}.ncmp").write_bytes(data)
            rows.writerow([name, error])


if __name__ == "__main__":
    main()
