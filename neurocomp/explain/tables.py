"""An explanation as CSV and as JSON, for one's own analysis: docs/explain.md has the columns."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

from neurocomp.explain.cells import as_text
from neurocomp.explain.comparison import Comparison
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.summary import by_kind, by_opinion

SCHEMA = 1
"""Version of the JSON's form."""

COLUMNS = (
    "index",
    "offset",
    "size",
    "text",
    "hex",
    "symbol",
    "kind",
    "block",
    "bits",
    "loglikelihood",
)
_NATS = math.log(2)
_DIGITS = 6


def to_csv(explanation: Explanation, comparison: Comparison | None = None) -> str:
    """Return a row for each symbol; a column more for each opinion, and for the other model."""
    entries = explanation.entries
    names = [f"bits_{name}" for name in entries.opinions]
    against = None if comparison is None else comparison.bits
    if against is not None:
        names.append("bits_against")
    out = io.StringIO()
    # Line ends are symbols like others: what is text is quoted.
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([*COLUMNS, *names])
    for number in range(len(entries)):
        row = _row(explanation, number)
        row += [_number(bits[number]) for bits in entries.opinions.values()]
        if against is not None:
            row.append(_number(against[number]))
        writer.writerow(["" if one is None else one for one in row])
    return out.getvalue()


def to_json(explanation: Explanation, comparison: Comparison | None = None) -> str:
    """Return all that is known, with a list of symbols as lm-eval has them."""
    one = explanation
    entries = one.entries
    content: dict[str, Any] = {
        "version": SCHEMA,
        **_sizes(one),
        "kinds": [
            {
                "name": kind.name,
                "symbols": kind.num_symbols,
                "bytes": kind.num_bytes,
                "bits": _number(kind.bits),
            }
            for kind in by_kind(one)
        ],
        "opinions": [
            {
                "name": opinion.name,
                "symbols": opinion.num_symbols,
                "bits": _number(opinion.bits),
                "coded_bits": _number(opinion.coded_bits),
            }
            for opinion in by_opinion(one)
        ],
        "images": None if one.images is None else one.images.tolist(),
        "captions": [caption.tolist() for caption in one.captions],
    }
    if comparison is not None:
        content["against"] = _sizes(comparison.other)
    against = None if comparison is None else comparison.bits
    tokens = []
    for number in range(len(entries)):
        token = dict(zip(COLUMNS, _row(one, number), strict=True))
        token["is_greedy"] = one.is_greedy(number)
        token["opinions"] = {name: _number(bits[number]) for name, bits in entries.opinions.items()}
        token["likely"] = [[as_text(label), _number(share)] for label, share in one.likely(number)]
        if against is not None:
            token["bits_against"] = _number(against[number])
        tokens.append(token)
    content["tokens"] = tokens
    return json.dumps(content, ensure_ascii=False) + "\n"


def _sizes(one: Explanation) -> dict[str, Any]:
    return {
        "file": one.name,
        "model": one.model,
        "coder": one.coder,
        "coded_with": dict(one.coded_with),
        "content_bytes": len(one.content),
        "range": list(one.shown_range),
        "frame_bytes": one.frame_bytes,
        "payload_bytes": one.payload_bytes,
        "coded_bits": _number(one.coded_bits),
        "ending_bits": _number(one.ending_bits),
        "framing_bytes": one.framing_bytes,
        "bits": _number(one.total_bits),
        "loglikelihood": _number(-one.total_bits * _NATS),
    }


def _row(one: Explanation, number: int) -> list[Any]:
    """Return the values of `COLUMNS`."""
    entries = one.entries
    offset = int(entries.offsets[number])
    label = one.label(number)
    bits = float(entries.bits[number])
    return [
        number,
        None if offset < 0 else offset,
        int(entries.sizes[number]),
        as_text(label),
        label.hex() if isinstance(label, bytes) else "",
        int(entries.ids[number]),
        one.kind_names[entries.kinds[number]],
        int(entries.blocks[number]),
        _number(bits),
        _number(-bits * _NATS),
    ]


def _number(value: float) -> float | None:
    """Return a number with the digits that mean something; None for what is not said."""
    return None if math.isnan(value) else round(float(value), _DIGITS) + 0.0
