"""Makes ``src/base/constants.hpp`` of ``neurocomp/frame/constants.py``: ``make constants``.

A test compares the two.  The package need not be built, or even imported, for this.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

CORE = Path(__file__).parent
SOURCE = CORE.parent / "neurocomp" / "frame" / "constants.py"
TARGET = CORE / "src" / "base" / "constants.hpp"

_HEAD = """\
// The numbers of the format, made of neurocomp/frame/constants.py by `make constants`: edit that.
#pragma once

#include <array>
#include <cstdint>

namespace neurocomp::format {

"""
_TAIL = """
}  // namespace neurocomp::format
"""


def header(source: Path = SOURCE) -> str:
    """Return the header's text: every number and magic, and the revision of every family."""
    values = runpy.run_path(str(source))
    lines = [
        _line(name.lower(), value)
        for name, value in values.items()
        if name.isupper() and isinstance(value, int | bytes)
    ]
    lines.append("")
    for family, revision in values["REVISIONS"].items():
        name = values["FAMILY_NAMES"][family].replace("-", "_")
        lines.append(_line(f"revision_{name}", revision))
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def _line(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        content = ", ".join(f"0x{byte:02X}" for byte in value)
        return f"inline constexpr std::array<uint8_t, {len(value)}> {name} = {{{content}}};"
    return f"inline constexpr uint32_t {name} = {value};"


if __name__ == "__main__":
    TARGET.write_text(header())
