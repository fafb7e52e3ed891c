"""The command line, one file per command."""

from neurocomp.cli.entry import main

__all__ = ["main"]
