"""Without what transformers and huggingface_hub print of themselves."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOGGERS = ("transformers", "huggingface_hub", "httpx", "filelock", "urllib3")


@contextmanager
def without_noise(*, keep_bars: bool = False) -> Iterator[None]:
    """Keep warnings, retries and progress bars of the libraries out of stderr.

    What goes wrong is an exception all the same, and said once.

    Args:
        keep_bars: leave the bars of downloads, where stderr is a terminal.
    """
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    bars = keep_bars and sys.stderr is not None and sys.stderr.isatty()
    hub_bars = not are_progress_bars_disabled()
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if hub_bars and not bars:
            disable_progress_bars()
        with _without_bars_of_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if hub_bars and not bars:
            enable_progress_bars()


@contextmanager
def _without_bars_of_transformers() -> Iterator[None]:
    if "transformers" not in sys.modules:  # nothing prints that is not there
        yield
        return
    import transformers

    its_logging: Any = transformers.utils.logging
    shown = its_logging.is_progress_bar_enabled()
    its_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            its_logging.enable_progress_bar()
