"""The contenders: neurocomp with options, peers with flags, other programs, and the floor."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neurocomp.bench.suite import ours
from neurocomp.bench.suite.checkpoints import localised
from neurocomp.bench.suite.commands import Command, absolute_program, parse_custom
from neurocomp.bench.suite.peers import Peer, installed_peers, peers, version_of
from neurocomp.errors import UsageError
from neurocomp.pipeline.options import READY_PRESETS

OURS = "neurocomp"
STORE = "store"
GROUPS = ("@presets", "@models", "@peers", "@pictures")
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


@dataclass(frozen=True)
class Contender:
    """A compressor with its settings.

    Attributes:
        name: name in tables: "xz -9e".
        version: version of the program.
        compress, decompress: commands of both directions.
        flags: settings that the name may not say.
        program: "neurocomp", a peer's name, or that of a command of the user.
        has_threads: whether it can be told a number of threads.
        suffix: suffix of compressed files.
        formats: kinds of content that it takes; any, where there are none.
        pixels: whether a picture's pixels are all that it keeps.
        folder: whether commands run in the folder of their files.
        model_bytes: weights that a reader needs besides the program; of neurocomp the frame tells.
        program_bytes: size of the program's file, or of the package without weights.
        environment: variables to set.
    """

    name: str
    version: str
    compress: Command
    decompress: Command
    flags: str = ""
    program: str = ""
    has_threads: bool = False
    suffix: str = ".out"
    formats: tuple[str, ...] = ()
    pixels: bool = False
    folder: bool = False
    model_bytes: int = 0
    program_bytes: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether it is neurocomp."""
        return self.program == OURS


@dataclass(frozen=True)
class LeftOut:
    """A contender that does not take part.

    Attributes:
        name: name of the contender, as the user gave it.
        reason: why.
    """

    name: str
    reason: str


def resolve(
    wanted: Iterable[str],
    custom: Iterable[str] = (),
    *,
    of_suite: Iterable[str] = (),
    folder: Path = Path(),
    converted: Path = Path("models"),
) -> tuple[list[Contender], list[LeftOut]]:
    """Return contenders in the order they were asked for, each once.

    Args:
        wanted: each a program and its flags: "neurocomp --preset fast", "neurocomp -m gpt2",
            "xz -9e", "zstd --ultra -22 --long=27", "store"; a peer alone has its usual flags.
            "@presets" are fast, default and best, "@models" all models of the package and all
            installed ones, with each coder, "@peers" all peers for any content that are installed,
            "@pictures" those for pictures.
        custom: contenders of the user, from `commands.parse_custom`.
        of_suite: contenders that come before these, whose models are relative to ``folder``.
        folder: folder of the suite.
        converted: folder for the exact models of checkpoints.

    Returns:
        The contenders, and those that are not installed.

    Raises:
        UsageError: there is no such program, or flags are wrong.
        FormatError, UnsupportedError, OSError: a checkpoint cannot be made exact.
    """
    known = peers()
    found: dict[str, Contender] = {}
    left_out: list[LeftOut] = []
    of_shell = [(text, Path()) for text in _expanded(wanted)]
    for text, place in [*((text, folder) for text in _expanded(of_suite)), *of_shell]:
        program, _, flags = text.strip().partition(" ")
        if program == OURS:
            options = localised(ours.read_options(shlex.split(flags)), place, converted)
            lack = ours.missing(options)
            if lack is not None:
                left_out.append(LeftOut(text, lack))
                continue
            one = of_neurocomp(flags, options)
        elif program == STORE:
            one = store()
        elif program in known:
            peer = known[program]
            missing = peer.missing()
            if missing is not None:
                left_out.append(LeftOut(text, f"not installed: {missing}"))
                continue
            one = of_peer(peer, flags)
        else:
            raise UsageError(
                f"no contender {program!r}: choose {OURS}, {STORE}, {', '.join(GROUPS)} or one of "
                f"{', '.join(known)}, with flags; --command takes any other program"
            )
        found.setdefault(one.name, one)
    for text in custom:
        one = of_command(text)
        if one.name in found:
            raise UsageError(f"--command {one.name!r}: another contender has this name")
        found[one.name] = one
    return list(found.values()), left_out


def _expanded(wanted: Iterable[str]) -> Iterable[str]:
    for text in wanted:
        if text == "@presets":
            yield from (f"{OURS} --preset {name}" for name in READY_PRESETS)
        elif text == "@models":
            yield from (f"{OURS} {flags}" for flags in ours.all_models())
        elif text in ("@peers", "@pictures"):
            for name, peer in installed_peers().items():
                if bool(peer.formats) == (text == "@pictures"):
                    yield name
        else:
            yield text


def of_peer(peer: Peer, flags: str = "") -> Contender:
    """Return a peer with these flags, or with its usual ones."""
    flags = flags or peer.flags
    compress, decompress = peer.commands(flags)
    model = peer.model_path()
    return Contender(
        name=f"{peer.name} {flags}".strip(),
        version=version_of(peer),
        compress=compress,
        decompress=decompress,
        flags=f"{compress} | {decompress}",
        program=peer.name,
        has_threads=peer.has_threads,
        suffix=peer.suffix,
        formats=peer.formats,
        pixels=peer.pixels,
        folder=peer.folder,
        model_bytes=0 if model is None else model.stat().st_size,
        program_bytes=Path(peer.program()).stat().st_size,
        environment=peer.environment,
    )


def of_neurocomp(flags: str, options: ours.Options | None = None) -> Contender:
    """Return neurocomp with options of ``neurocomp compress``.

    Args:
        flags: the options as tables show them.
        options: the same, with models that the program can open; by default as ``flags`` has them.

    Raises:
        UsageError: a contender cannot have these options.
    """
    options = ours.read_options(shlex.split(flags)) if options is None else options
    return Contender(
        name=f"{OURS} {flags}".strip(),
        version=ours.version(),
        compress=ours.compress_command(options),
        decompress=ours.decompress_command(options),
        flags=ours.fingerprint(options),
        program=OURS,
        has_threads=True,
        suffix=".ncmp",
        program_bytes=ours.package_bytes(),
        environment=ours.environment(),
    )


def of_command(text: str) -> Contender:
    """Return a program of the user: ``name: compress {in} {out} ; decompress {in} {out}``."""
    name, compress, decompress = parse_custom(text)
    programs = [_found(command) for command in (compress, decompress)]
    scripts = [word for one in (compress, decompress) for word in one.words if Path(word).is_file()]
    return Contender(
        name=name,
        version=_hash_of([*programs, *scripts]),
        compress=_with_program(compress, programs[0]),
        decompress=_with_program(decompress, programs[1]),
        flags=text,
        program=name,
        has_threads="{threads}" in str(compress),
        program_bytes=Path(programs[0]).stat().st_size,
    )


def store() -> Contender:
    """Return the floor: a process that copies the file."""
    copy = Command((sys.executable, "-I", "-S", "-c", _COPY, "{in}", "{out}"))
    return Contender(STORE, "1", copy, copy, program=STORE)


def _found(command: Command) -> str:
    word = absolute_program(command.words[0])
    path = shutil.which(word)
    if path is None:
        raise UsageError(f"--command: there is no program {command.words[0]!r}")
    return path


def _with_program(command: Command, path: str) -> Command:
    return Command((path, *command.words[1:]), command.stdin, command.stdout)


def _hash_of(files: Sequence[str]) -> str:
    """Return a hash of a program and of the scripts it is given: any change makes another one."""
    digest = hashlib.sha256()
    for path in dict.fromkeys(files):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:12]
