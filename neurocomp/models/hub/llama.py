"""From a checkpoint of the Llama graph to a stored exact model."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Symbols
from neurocomp.exact.scaling import RESIDUAL_LIMIT, STRONG_WEIGHT_MAX
from neurocomp.models.common.quantise import Floats, floor_log2
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.transformer.builder import Builder
from neurocomp.models.transformer.llama import LlamaSource, read_llama
from neurocomp.models.transformer.measure import measure
from neurocomp.models.transformer.model import ARCHITECTURE
from neurocomp.models.transformer.real import RealModel
from neurocomp.models.transformer.rounding import RESIDUAL_BITS, Rounding
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import PIECES_RULE, BytePairs, byte_characters

CALIBRATION_LANES, CALIBRATION_SYMBOLS = 2, 256
CALIBRATION_TEXT = Path(__file__).parents[1] / "mix" / "primer.txt"
"""Data, source code, languages and English prose."""

_FIRST_RESIDUAL_BITS = 6
"""Fraction bits of the residual stream while its reach is not known."""

_RAW_FIRST_BITS, _RAW_MOST_BITS = 12, 16
"""The same, and the most later, where layers read the stream as it is: in its first values, which
are small and normalised nowhere, each bit counts."""

_ROOM = 1.25
"""Headroom of the residual stream above the largest value found."""

_NARROW = ("attention_out", "inner_in")
"""Layers that do with 8-bit activations; the outlier columns of the others need 16."""

_RAW_NARROW = ("attention_out",)
"""The same, where no norm stands before the inner layers."""


def convert_llama(source: LlamaSource, tokenizer: bytes | None) -> StoredModel:
    """Return the exact model of a checkpoint, the same integers on every machine.

    Args:
        source: tensors and settings.
        tokenizer: tokenizer that ``symbols.BytePairs`` takes; None for symbols without one.

    Raises:
        FormatError: something is damaged.
        UnsupportedError: something can't be made exact.
    """
    real = read_llama(source, {})
    if tokenizer is not None:
        real = with_all_bytes(real, tokenizer)
    is_raw = real.config.norms_outputs
    first_bits = _RAW_FIRST_BITS if is_raw else _FIRST_RESIDUAL_BITS
    first = Builder(real, ARCHITECTURE, Rounding(STRONG_WEIGHT_MAX, first_bits))
    stored = first.stored()
    found = measure(stored, calibration_symbols(stored))
    reach = max(found.residual_reach * _ROOM, found.norm_reach + 1) * 2.0**-first_bits
    most_bits = _RAW_MOST_BITS if is_raw else RESIDUAL_BITS
    rounding = Rounding(
        STRONG_WEIGHT_MAX,
        min(floor_log2(RESIDUAL_LIMIT / max(reach, 1.0)), most_bits),
        found.input_maxima,
        has_flat_head=True,
        output_maxima={
            name: largest * first.output_units[name]
            for name, largest in found.output_maxima.items()
        },
    )
    builder = Builder(real, ARCHITECTURE, rounding)
    narrow = _RAW_NARROW if is_raw else _NARROW
    return builder.stored(frozenset(name for name in builder.layer_names if name.endswith(narrow)))


def with_all_bytes(real: RealModel, tokenizer: bytes) -> RealModel:
    """Return the model with its tokenizer, and a symbol for each byte that has no token.

    Such a byte is read as the nearest one that has a token.  Its symbol has no weight, so that it
    costs others nothing but the least frequency; nor do symbols that stand for no text.
    """
    fields: dict[str, Any] = json.loads(tokenizer)
    vocabulary: dict[str, int] = fields["vocab"]
    characters = byte_characters()
    known = [byte for byte, character in enumerate(characters) if character in vocabulary]
    missing = [byte for byte in range(256) if byte not in set(known)]
    if fields.get("rule") == PIECES_RULE:
        missing = []  # they are named otherwise there, and all have one
    first = real.embedding.shape[0]
    fields["vocab"] = vocabulary | {
        characters[byte]: first + index for index, byte in enumerate(missing)
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    read_as = [
        vocabulary[characters[min(known, key=lambda one: (abs(one - byte), one))]]
        for byte in missing
    ]
    spoken = BytePairs(text).contents
    size = first + len(missing)
    return dataclasses.replace(
        real,
        config=dataclasses.replace(real.config, alphabet_size=size),
        embedding=_with_rows(real.embedding, read_as),
        head=None if real.head is None else _with_rows(real.head, read_as),
        extra=real.extra | {TOKENIZER: np.frombuffer(text, np.uint8)},
        silent=tuple(one for one in range(size) if one >= first or one not in spoken),
    )


def _with_rows(matrix: Floats, rows: list[int]) -> NDArray[Any]:
    return np.concatenate([matrix, matrix[rows]]) if rows else np.asarray(matrix)


def calibration_symbols(stored: StoredModel) -> Symbols:
    """Return symbols (lanes, steps), the start symbol first, that are typical of texts."""
    text = CALIBRATION_TEXT.read_bytes()
    alphabet_size = int(stored.config["alphabet_size"])
    tokenizer = stored.tensors.get(TOKENIZER)
    length = min(CALIBRATION_SYMBOLS, int(stored.config["context"]))
    rows = []
    for lane in range(CALIBRATION_LANES):
        part = text[lane * len(text) // CALIBRATION_LANES :]
        if tokenizer is not None:
            symbols = BytePairs(tokenizer.tobytes()).encode(part[: 8 * length], alphabet_size)
        else:
            symbols = np.frombuffer(part, np.uint8).astype(np.int32) % alphabet_size
        rows.append([int(stored.config["start_symbol"]), *symbols[: length - 1].tolist()])
    return np.array(rows, np.int32)
