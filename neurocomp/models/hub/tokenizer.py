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


def read_tokenizer(folder: Path) -> bytes | None:
    """Return the vocabulary of a checkpoint as ``symbols.BytePairs`` wants it, None without one.

    Args:
        folder: has ``vocab.json`` and ``merges.txt``, or ``tokenizer.json``.

    Raises:
        FormatError: a file is not JSON, or not UTF-8.
        UnsupportedError: the tokenizer is not byte-level BPE, or cuts words by an unknown rule.
    """
    whole = folder / "tokenizer.json"
    fields = read_json(whole) if whole.is_file() else {}
    rule = _rule_of(fields, folder) if fields else GPT2_RULE
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        vocabulary = read_json(folder / "vocab.json")
        try:
            lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError(f"{folder / 'merges.txt'} is not UTF-8: {error}") from None
        merges = [line for line in lines if line and not line.startswith("#version")]
    elif fields:
        model = fields.get("model", {})
        vocabulary, merges = model.get("vocab", {}), model.get("merges", [])
        if model.get("type") != "BPE":
            raise UnsupportedError(
                f"the tokenizer in {folder} is of the kind {model.get('type')!r}, not byte pairs"
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


def _rule_of(fields: dict[str, Any], folder: Path) -> str:
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
        f"the tokenizer in {printable(folder)} cuts text into words by a rule that is not "
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
