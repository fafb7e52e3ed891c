"""Where results come from: the machine, the moment, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from neurocomp.bench import contest
from neurocomp.bench.suite.ours import PACKAGE
from neurocomp.threads import num_cores

_SECONDS = 10


@cache
def machine() -> str:
    """Return the processor, the cores that may be used, memory, system, and versions."""
    memory = _memory_bytes()
    size = f", {memory / 2**30:.0f} GiB" if memory else ""
    cores = "1 core" if num_cores() == 1 else f"{num_cores()} cores"
    return f"{contest.machine()}, {cores}{size}, {platform.system()}"


def now() -> str:
    """Return the time, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def commit() -> str:
    """Return the commit of the checkout that the package lies in, "+" after it where changed.

    Empty for an installed package.
    """
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return ""
    found = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", "neurocomp", "core")
    return f"{found[:12]}+" if found and changed else found[:12]


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
