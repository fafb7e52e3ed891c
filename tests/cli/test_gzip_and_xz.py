"""The same command lines, given to gzip, to xz and to neurocomp.

What differs on purpose is in `DIFFERENT`, and in docs/manners.md with its reason.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import neurocomp
from tests.cli.program import Outcome

Call = Callable[..., Outcome]

NOTE = b"a note about rivers and stones in winter\n" * 5
OTHER = b"another note, about light and tables\n" * 4
SUFFIX = {"gzip": ".gz", "xz": ".xz", "neurocomp": ".ncmp"}
COMMON = ["gzip", "xz"]

# {s} is the suffix.  gzip and xz remove what they compressed unless -k is given, which neurocomp
# does with --rm: it stands before the arguments where they have no -k, -c, -t or -l.
SAME = [
    # name, arguments, standard input, tools
    ("compress", "b", b"", COMMON),
    ("keep", "-k b", b"", COMMON),
    ("long words", "--keep --force --quiet b", b"", COMMON),
    ("levels", "-k9 b", b"", COMMON),
    ("levels in one word with others", "-kfv3 b", b"", COMMON),
    ("the last level counts", "-k -1 -9 b", b"", COMMON),
    ("fast", "--fast -k b", b"", COMMON),
    ("best", "--best -k b", b"", COMMON),
    ("no name", "-kn b", b"", ["gzip"]),
    ("compress by name", "-zk b", b"", ["xz"]),
    ("compress by long name", "--compress -k b", b"", ["xz"]),
    ("not overwritten", "-k a", b"", COMMON),
    ("overwritten", "-kf a", b"", COMMON),
    ("decompress", "-d old{s}", b"", COMMON),
    ("decompress by name", "--decompress -k old{s}", b"", COMMON),
    ("uncompress by name", "--uncompress -k old{s}", b"", COMMON),
    ("content not overwritten", "-dk a{s}", b"", COMMON),
    ("content overwritten", "-dkf a{s}", b"", COMMON),
    ("a level goes with -d", "-9 -dk old{s}", b"", COMMON),
    ("test", "-t a{s}", b"", COMMON),
    ("test by name", "--test a{s}", b"", COMMON),
    ("test with -k", "-tk a{s}", b"", COMMON),
    ("test what is not compressed", "-t b{s}", b"", COMMON),
    ("list", "-l a{s}", b"", COMMON),
    ("list by name", "--list a{s}", b"", COMMON),
    ("to standard output", "-c b", b"", COMMON),
    ("to standard output by name", "--to-stdout b", b"", COMMON),
    ("content to standard output", "-dc a{s} old{s}", b"", COMMON),
    ("a pipe", "", NOTE, COMMON),
    ("a pipe by its name", "-c -", NOTE, COMMON),
    ("a pipe of no frame", "-dc", b"no frame at all", COMMON),
    ("archive of a file that has the suffix", "-k old{s}", b"", ["xz"]),
    ("content of what has no suffix", "-d b", b"", COMMON),
    ("a folder", "-k d b", b"", COMMON),
    ("a folder with -r", "-kr d", b"", ["gzip"]),
    ("a folder with -r has archives", "-kr nested", b"", ["gzip"]),
    ("a file with a hard link", "hard", b"", COMMON),
    ("a file with a hard link by force", "-f hard", b"", COMMON),
    ("a link", "soft", b"", COMMON),
    ("a missing file", "-k missing", b"", COMMON),
    ("no name at all", "-k ''", b"", COMMON),
    ("an unknown option", "--bogus b", b"", COMMON),
    ("after two dashes", "-k -- -dash", b"", COMMON),
]
DIFFERENT = [
    # name, arguments, tools; what they do: success, and new files; what neurocomp does
    ("a missing file among others", "-k missing b", COMMON, (False, {"b{s}"}), (False, set())),
    ("a level of two digits", "-k19 b", COMMON, (True, {"b{s}"}), (False, set())),
    ("a link that is kept", "-k soft", ["gzip"], (False, set()), (True, {"soft{s}"})),
    ("a file that is given twice", "-k b ./b", COMMON, (False, {"b{s}"}), (False, set())),
    ("an archive that is an output", "-kf a a{s}", ["gzip"], (True, {"a{s}{s}"}), (False, set())),
    ("an archive of an archive", "-k old{s}", ["gzip"], (True, set()), (False, set())),
]


def make_folder(folder: Path, suffix: str, archive: Callable[[bytes], bytes]) -> None:
    contents = {"a": NOTE, "b": OTHER, "-dash": OTHER, "d/x": NOTE, "nested/y": NOTE}
    contents |= {f"a{suffix}": archive(NOTE), f"old{suffix}": archive(OTHER)}
    contents |= {f"b{suffix}.no": b"", f"nested/z{suffix}": archive(NOTE)}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "linked").write_bytes(NOTE)
    os.link(folder / "linked", folder / "hard")
    (folder / "soft").symlink_to("b")


def names(folder: Path, suffix: str) -> set[str]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    return {name.replace(suffix, "{s}") for name in found}


class Tools:
    """Runs each tool in a folder of its own."""

    def __init__(self, folder: Path, inside: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.inside = inside
        self.monkeypatch = monkeypatch

    def __call__(self, tool: str, words: str, stdin: bytes) -> tuple[bool, set[str], bytes]:
        """Return whether it was successful, the names that are there, and what it printed."""
        suffix = SUFFIX[tool]
        folder = self.folder / tool
        folder.mkdir()
        arguments = [word.replace("''", "").format(s=suffix) for word in words.split()]
        if tool == "neurocomp":
            make_folder(folder, suffix, lambda content: neurocomp.compress(content, preset="fast"))
            code, out = self._ours(folder, arguments, stdin)
        else:
            compress = [tool, "-c"]
            make_folder(
                folder,
                suffix,
                lambda content: (
                    subprocess.run(compress, input=content, capture_output=True, check=True).stdout
                ),
            )
            done = subprocess.run(
                [tool, *arguments], input=stdin, capture_output=True, cwd=folder, check=False
            )
            code, out = done.returncode, done.stdout
        return code == 0, names(folder, suffix), out

    def _ours(self, folder: Path, arguments: list[str], stdin: bytes) -> tuple[int, bytes]:
        kept = any(
            word in ("--keep", "--list", "--test", "--to-stdout")
            or (word[:1] == "-" and word[:2] != "--" and set(word) & set("kctl"))
            for word in arguments
        )
        # Small files need no network, which would take its time to load.
        level = [] if {"-d", "-t", "-l"} & set(arguments) else ["-1"]
        removal = [] if kept or not arguments else ["--rm"]
        if any(word.startswith("-") and set(word[1:]) & set("123456789") for word in arguments):
            level = ["-m", "mix"] if "d" not in "".join(arguments[:2]) else []
        self.monkeypatch.chdir(folder)
        saved = os.dup(0)
        with (self.folder / "stdin").open("w+b") as file:
            file.write(stdin)
            file.seek(0)
            os.dup2(file.fileno(), 0)
            self.monkeypatch.setattr(sys, "stdin", io.StringIO())
            try:
                done = self.inside(*level, *removal, *arguments)
            finally:
                os.dup2(saved, 0)
                os.close(saved)
        return done.code, done.out


@pytest.fixture
def tools(tmp_path: Path, inside: Call, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return Tools(tmp_path, inside, monkeypatch)


MADE_BY = {"gzip": b"Free Software Foundation", "xz": b"XZ Utils"}


def needs(tool: str) -> None:
    """Skip where ``tool`` is missing, or another one of that name, as on some systems."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    shown = subprocess.run([path, "--version"], capture_output=True, check=False).stdout
    if MADE_BY[tool] not in shown:
        pytest.skip(f"{tool} is not that of {MADE_BY[tool].decode()}")


@pytest.mark.parametrize(
    ("tool", "words", "stdin"),
    [
        pytest.param(tool, words, stdin, id=f"{name}: {tool}")
        for name, words, stdin, known in SAME
        for tool in known
    ],
)
def test_the_same(tools: Tools, tool: str, words: str, stdin: bytes) -> None:
    needs(tool)
    theirs, ours = tools(tool, words, stdin), tools("neurocomp", words, stdin)
    assert ours[:2] == theirs[:2]
    if "-d" in words.split() or words.startswith("-dc"):
        assert ours[2] == theirs[2]
    assert bool(ours[2]) == bool(theirs[2])


@pytest.mark.parametrize(
    ("tool", "words", "expected", "own"),
    [
        pytest.param(tool, words, expected, own, id=f"{name}: {tool}")
        for name, words, known, expected, own in DIFFERENT
        for tool in known
    ],
)
def test_different_on_purpose(
    tools: Tools,
    tool: str,
    words: str,
    expected: tuple[bool, set[str]],
    own: tuple[bool, set[str]],
) -> None:
    needs(tool)
    make_folder(tools.folder / "before", "{s}", lambda content: content)
    before = names(tools.folder / "before", "{s}")
    for one, result in ((tool, expected), ("neurocomp", own)):
        is_successful, found, _ = tools(one, words, b"")
        assert (is_successful, found - before) == result
