"""The byte-level vocabulary in a checkpoint directory."""

from __future__ import annotations

import json
from pathlib import Path

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.transformer.checkpoint import read_json


def read_tokenizer(folder: Path) -> bytes | None:
    """Return the vocabulary of a checkpoint as ``symbols.BytePairs`` wants it, None without one.

    Args:
        folder: has ``vocab.json`` and ``merges.txt``, or ``tokenizer.json``.

    Raises:
        FormatError: a file is not JSON, or not UTF-8.
        UnsupportedError: the tokenizer is not byte-level BPE.
    """
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        vocabulary = read_json(folder / "vocab.json")
        try:
            lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError(f"{folder / 'merges.txt'} is not UTF-8: {error}") from None
        merges = [line for line in lines if line and not line.startswith("#version")]
    elif (folder / "tokenizer.json").is_file():
        model = read_json(folder / "tokenizer.json").get("model", {})
        vocabulary, merges = model.get("vocab", {}), model.get("merges", [])
        if model.get("type") != "BPE" or model.get("byte_fallback"):
            raise UnsupportedError(f"the tokenizer in {folder} is not byte-level BPE")
        merges = [one if isinstance(one, str) else " ".join(one) for one in merges]
    else:
        return None
    fields = {"vocab": vocabulary, "merges": merges}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
