"""Runs commands as if no optional package were installed: a list of them as JSON on stdin.

    python -m tests.blocking < commands.json

Writes a list of [exit code, standard output, messages] as JSON.  `decode` is not a command of the
program: it decompresses files by the library, and writes the hashes of what they hold.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from neurocomp.extras import EXTRAS

BLOCKED = {*(name for names in EXTRAS.values() for name in names), "triton", "joblib"}
BLOCKED_SUBMODULES = {"compression.zstd"}


class Blocker(MetaPathFinder):
    """Finds none of the optional packages, whether they are there or not."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in BLOCKED or fullname in BLOCKED_SUBMODULES:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def run_one(words: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        if words[0] == "decode":
            code = decode(*map(Path, words[1:]))
        else:
            from neurocomp.cli.entry import run

            code = run(words)
    return int(code), out.getvalue(), err.getvalue()


def decode(models: Path, *files: Path) -> int:
    import neurocomp

    for file in files:
        content = neurocomp.decompress(file.read_bytes(), model_path=(models,))
        print(hashlib.sha256(content).hexdigest())
    return 0


def main() -> None:
    sys.meta_path.insert(0, Blocker())
    print(json.dumps([run_one(words) for words in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
