"""Lists what can run here: suites, how many of their files are on this machine, and peers."""

from __future__ import annotations

from collections.abc import Iterator

from neurocomp.bench.corpora.manifest import EVAL, load
from neurocomp.bench.corpora.paths import find
from neurocomp.bench.suite.definition import FileSpec, load_suite, packaged_suites
from neurocomp.bench.suite.peers import peers, version_of


def list_packaged() -> list[dict[str, object]]:
    """Return name, title, description, files and files here of each suite of the package."""
    found: list[dict[str, object]] = []
    for name in packaged_suites():
        suite = load_suite(name)
        files = {file for spec in suite.files for file in _names(spec)}
        found.append(
            {
                "name": name,
                "title": suite.title,
                "description": suite.description,
                "files": len(files),
                "here": sum(find(file) is not None for file in files),
                "contenders": list(suite.contenders),
            }
        )
    return found


def list_peers() -> list[dict[str, str]]:
    """Return name, title, usual flags, version and what is missing of each peer."""
    found = []
    for name, peer in peers().items():
        missing = peer.missing()
        found.append(
            {
                "name": name,
                "title": peer.title,
                "flags": peer.flags,
                "version": version_of(peer) if missing is None else "",
                "missing": f"not installed: {missing}" if missing is not None else "",
                "documentation": peer.documentation,
            }
        )
    return found


def _names(spec: FileSpec) -> Iterator[str]:
    """Yield the files on disk that a file of a suite is made of."""
    if spec.local:
        yield spec.local
    for name in (*((spec.corpus,) if spec.corpus else ()), *spec.parts):
        yield from (file.name for file in load(EVAL).select((name,)))
