"""The byte-level vocabulary in a checkpoint directory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.transformer.checkpoint import read_json
from neurocomp.names import printable
from neurocomp.symbols.bpe import GPT2_RULE, PIECES_RULE

_NEWER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PATTERNS = {_NEWER % "{1,3}": "triples", _NEWER % "": "singles"}


WHOLE_NAME = "tokenizer.json"
VOCABULARY_NAME, MERGES_NAME = "vocab.json", "merges.txt"


def tokenizer_files(place: Path) -> dict[str, Path]:
    """Return the files of a tokenizer by the names that they have in a checkpoint; none without.

    Args:
        place: a folder with ``vocab.json`` and ``merges.txt``, or with ``tokenizer.json``, as the
            library tokenizers writes it; or a file of the latter kind, whatever its name.
    """
    if place.is_file():
        return {WHOLE_NAME: place}
    pair = {name: place / name for name in (VOCABULARY_NAME, MERGES_NAME)}
    whole = {WHOLE_NAME: place / WHOLE_NAME}
    found = {**(pair if all(map(Path.is_file, pair.values())) else {}), **whole}
    return {name: path for name, path in found.items() if path.is_file()}


def read_tokenizer(place: Path) -> bytes | None:
    """Return the vocabulary of a checkpoint as ``symbols.BytePairs`` wants it, None without one.

    Args:
        place: see `tokenizer_files`; where both forms are there, the rule alone is read from
            ``tokenizer.json``.

    Raises:
        FormatError: a file is not JSON, or not UTF-8.
        UnsupportedError: the tokenizer is not byte-level BPE, or cuts words by an unknown rule.
    """
    files = tokenizer_files(place)
    fields = read_json(files[WHOLE_NAME]) if WHOLE_NAME in files else {}
    rule = _rule_of(fields, place) if fields else GPT2_RULE
    if MERGES_NAME in files:
        vocabulary = read_json(files[VOCABULARY_NAME])
        try:
            lines = files[MERGES_NAME].read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError(f"{files[MERGES_NAME]} is not UTF-8: {error}") from None
        merges = [line for line in lines if line and not line.startswith("#version")]
    elif fields:
        model = fields.get("model", {})
        vocabulary, merges = model.get("vocab", {}), model.get("merges", [])
        if model.get("type") != "BPE":
            raise UnsupportedError(
                f"the tokenizer in {place} is of the kind {model.get('type')!r}, not byte pairs"
            )
        merges = [one if isinstance(one, str) else " ".join(one) for one in merges]
    else:
        return None
    return tokenizer_json(vocabulary, merges, rule)


def tokenizer_json(vocabulary: dict[str, int], merges: list[str], rule: str) -> bytes:
    """Return a vocabulary as ``symbols.BytePairs`` takes it."""
    fields: dict[str, Any] = {"vocab": vocabulary, "merges": merges}
    if rule != GPT2_RULE:
        fields["rule"] = rule
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _rule_of(fields: dict[str, Any], place: Path) -> str:
    """Return the rule that a ``tokenizer.json`` describes."""
    model, pre_tokenizer = fields.get("model", {}), fields.get("pre_tokenizer")
    if model.get("byte_fallback"):
        return PIECES_RULE
    if "pre_tokenizer" not in fields:
        return GPT2_RULE
    steps = list(_steps(pre_tokenizer))
    kinds = [step.get("type") for step in steps]
    last = steps[-1] if steps else {}
    uses_pattern = last.get("use_regex", True)
    if kinds == ["ByteLevel"] and uses_pattern:
        return GPT2_RULE
    if kinds == ["Digits", "ByteLevel"] and uses_pattern and steps[0].get("individual_digits"):
        return "digits"
    if kinds == ["Split", "ByteLevel"] and not uses_pattern:
        pattern = steps[0].get("pattern")
        found = _PATTERNS.get(pattern.get("Regex", "")) if isinstance(pattern, dict) else None
        if found is not None and steps[0].get("behavior") == "Isolated":
            return found
    raise UnsupportedError(
        f"the tokenizer in {printable(place)} cuts text into words by a rule that is not "
        f"supported ({', '.join(map(str, kinds))}): those of GPT-2, SmolLM, Llama 3 and Qwen2 are"
    )


def _steps(pre_tokenizer: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(pre_tokenizer, dict):
        return
    if pre_tokenizer.get("type") == "Sequence":
        for step in pre_tokenizer.get("pretokenizers", []):
            yield from _steps(step)
    else:
        yield pre_tokenizer
