"""neurocomp inside other programs: one module for each library, imported where it is used.

What a library finds by entry points (fsspec's file system ``ncmp``, the codecs of numcodecs and
Zarr) is there as soon as neurocomp is installed.  What it has no entry points for is registered by
``register`` of the module, or by the one here for all libraries that are installed.
"""

from __future__ import annotations

SUFFIX = ".ncmp"
"""Suffix of compressed files."""


def register() -> list[str]:
    """Register neurocomp with every library that needs it and is installed.

    May be called again: what is registered stays as it is.

    Returns:
        The names of the libraries.
    """
    from importlib import import_module

    from neurocomp import extras

    names = ["shutil", *(name for name in ("fsspec", "smart_open") if extras.has(name))]
    for name in names:
        import_module(f"neurocomp.integrations.{name}").register()
    return names
