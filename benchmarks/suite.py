"""Sizes, bits per byte and speed of presets, models and other compressors on the corpora.

`make suite` runs it on all evaluation files and writes out/suite.csv and out/suite.png.  Every size
is that of a file that was decoded again and compared.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.plot import plot_results
from corpora import corpus_path
from neurocomp import extras
from neurocomp.bench import contest
from neurocomp.cli.ui.text import format_table
from neurocomp.pipeline.options import READY_PRESETS, CompressOptions

FILES = {
    "canterbury": (
        *("alice29.txt", "asyoulik.txt", "cp.html", "fields.c", "grammar.lsp", "kennedy.xls"),
        *("lcet10.txt", "plrabn12.txt", "ptt5", "sum", "xargs.1"),
    ),
    "calgary": (
        *("bib", "book1", "book2", "geo", "news", "obj1", "obj2", "paper1", "paper2", "paper3"),
        *("paper4", "paper5", "paper6", "pic", "progc", "progl", "progp", "trans"),
    ),
    "text": (
        *("enwik6", "wikitext2-valid.txt", "tinyshakespeare.txt", "english-10k.txt"),
        *("english-1k.txt", "german-novel-200k.txt", "chinese-200k.txt"),
    ),
    "data": ("requests-python.py", "countries.json", "gdp.csv", "HDFS_2k.log"),
}
LIMITS = {"wikitext2-valid.txt": 1_000_000}
"""Files of which only the first so many bytes are taken, as in published figures."""


def contents(sets: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    """Yield the name and content of every file of the named sets."""
    for one in sets:
        folder = f"{one}/" if one in ("canterbury", "calgary") else ""
        for name in FILES[one]:
            yield name, corpus_path(folder + name).read_bytes()[: LIMITS.get(name)]


def contestants(models: Iterable[str], with_peers: bool) -> list[contest.Contestant]:
    """Return presets of the package, the models that were asked for, and other compressors."""
    ours = [
        contest.with_options(f"neurocomp {preset}", CompressOptions(preset=preset, threads=1))
        for preset in READY_PRESETS
    ]
    ours += [
        contest.with_options(f"neurocomp {model}", CompressOptions(model=model, threads=1))
        for model in models
    ]
    return [*ours, *(contest.peers() if with_peers else ())]


def speeds(result: contest.Result) -> tuple[str, str]:
    """Return the speeds of both directions in 1000 bytes a second."""
    return f"{result.compress_speed / 1000:.0f}", f"{result.decompress_speed / 1000:.0f}"


def write_results(path: Path, results: Sequence[contest.Result]) -> None:
    """Write what was measured as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(asdict(results[0])), lineterminator="\n")
        rows.writeheader()
        rows.writerows(asdict(one) for one in results)


def main() -> None:
    """Run the suite."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", action="append", dest="sets", choices=list(FILES))
    parser.add_argument("--model", action="append", default=[], help="a model besides the presets")
    parser.add_argument("--preset", action="append", choices=list(READY_PRESETS), help="only these")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--repeat", type=int, default=1, help="times are medians of so many runs")
    parser.add_argument("--csv", type=Path, default=Path("out/suite.csv"))
    parser.add_argument("--plot", type=Path, help="size against speed; by default beside the CSV")
    arguments = parser.parse_args()
    extras.require("the suite's plot", "plot")  # now: a suite takes hours

    entrants = contestants(arguments.model, not arguments.no_peers)
    if arguments.preset:
        dropped = {f"neurocomp {one}" for one in READY_PRESETS if one not in arguments.preset}
        entrants = [one for one in entrants if one.name not in dropped]
    for entrant in entrants:
        contest.warm_up(entrant)
    results = []
    for name, content in contents(arguments.sets or FILES):
        measured = contest.measure(entrants, name, content, arguments.repeat)
        results += measured
        cells = (f"{one.name} {one.bits_per_byte:.3f}" for one in measured)
        print(f"{name:24}{len(content):9}  " + "  ".join(cells), flush=True)
        write_results(arguments.csv, results)  # now: a suite takes hours
    plot_results(results, arguments.plot or arguments.csv.with_suffix(".png"))
    sums = [(one.name, f"{one.bits_per_byte:.3f}", *speeds(one)) for one in contest.totals(results)]
    print("\nAll files together; speeds in 1000 bytes of content for each second of CPU time:\n")
    print(format_table(("compressor", "bpb", "KB/s", "KB/s back"), sums, num_left=1))
    print(f"\n{contest.machine()}")


if __name__ == "__main__":
    main()
