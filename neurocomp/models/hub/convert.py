"""From a checkpoint directory to a stored exact model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neurocomp.exact import Symbols
from neurocomp.models.bytenet import convert as recurrent
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.hub import gguf
from neurocomp.models.hub.llama import convert_llama
from neurocomp.models.hub.tokenizer import read_tokenizer
from neurocomp.models.tokennets import convert as neural
from neurocomp.models.transformer.builder import Builder
from neurocomp.models.transformer.calibrate import choose_narrow
from neurocomp.models.transformer.checkpoint import Checkpoint
from neurocomp.models.transformer.gpt2 import read_gpt2
from neurocomp.models.transformer.llama import KINDS
from neurocomp.models.transformer.model import ARCHITECTURE
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs

CALIBRATION_SYMBOLS = 128
CALIBRATION_TEXT = """The tide had gone out while they were talking, and the boats lay on their
sides in the mud. "We could walk across," said Ann, "if it weren't for the channel." In 1884
the harbour took 312 ships; by 1931 there were 47, most of them under 200 tons (see table 3).

def depth(station, hour):
    return MEAN[station] + AMPLITUDE[station] * cos(2 * pi * hour / 12.42)

== History ==
The company was founded by two brothers from Leeds who made lamps, clocks and, later, bicycles.
Its first factory burned down; the second, built of brick, is a museum today. https://example.org/
"""


def convert_checkpoint(folder: Path) -> StoredModel:
    """Return the exact model of a checkpoint, the same integers on every machine.

    Tensors are read one by one, so that memory holds the integers and one tensor in float.

    Args:
        folder: folder of ``config.json``, safetensors, and the tokenizer's files; or a GGUF file.

    Raises:
        FormatError: a file is damaged.
        UnsupportedError: the architecture or the tokenizer can't be made exact.
        OSError: a file cannot be read.
    """
    if folder.suffix == gguf.SUFFIX and folder.is_file():
        file = gguf.GgufCheckpoint(folder)
        return convert_llama(file, file.tokenizer())
    checkpoint = Checkpoint(folder)
    if checkpoint.config.get("model_type") == recurrent.CHECKPOINT_TYPE:
        return recurrent.convert_checkpoint(folder)
    tokenizer = read_tokenizer(folder)
    if checkpoint.config.get("model_type") in neural.CHECKPOINT_TYPES:
        return neural.convert_checkpoint(folder, tokenizer)
    if checkpoint.config.get("model_type") in KINDS:
        return convert_llama(checkpoint, tokenizer)
    extra = {}
    if tokenizer is not None:
        extra[TOKENIZER] = np.frombuffer(tokenizer, np.uint8)
    builder = Builder(read_gpt2(checkpoint, extra), ARCHITECTURE)
    stored = builder.stored()
    symbols = _calibration_symbols(tokenizer, stored)
    return builder.stored(choose_narrow(builder, stored, symbols))


def _calibration_symbols(tokenizer: bytes | None, stored: StoredModel) -> Symbols:
    alphabet_size = int(stored.config["alphabet_size"])
    text = CALIBRATION_TEXT.encode()
    if tokenizer is not None:
        symbols = BytePairs(tokenizer).encode(text, alphabet_size)
    else:
        symbols = np.frombuffer(text, np.uint8).astype(np.int32) % alphabet_size
    length = min(CALIBRATION_SYMBOLS, int(stored.config["context"]) - 1)
    row = [int(stored.config["start_symbol"]), *symbols[:length].tolist()]
    return np.array([row], np.int32)
