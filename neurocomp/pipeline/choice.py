"""Which model a frame names: the one that was asked for, unless it does not serve the content.

A frame has one model.  One that was trained on other content than this may make it longer, and
takes 32 bytes to name; then the frame is one of context mixing (`mix`), which adapts to anything
and needs no model to decode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from neurocomp.codec import Tick
from neurocomp.codec.base import watch
from neurocomp.frame.block import Block, Method
from neurocomp.models.registry import open_model
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions

_CONTEXTS = "mix"


@dataclass(frozen=True)
class Choice:
    """The coder of a frame.

    Attributes:
        coder: codes all blocks of the frame.
        block: the first of them, where it had to be coded to choose.
        note: why ``coder`` is not the one that was asked for, for people; empty where it is.
    """

    coder: BlockCoder
    block: Block | None = None
    note: str = ""


def choose_coder(
    coder: BlockCoder,
    options: CompressOptions,
    content: bytes,
    tick: Tick,
    block: Block | None = None,
) -> Choice:
    """Return the coder of a frame whose first block has this content.

    The first block decides for all of them, so that pipes are coded as files are.  A trained model
    of symbols gives way to contexts

    - where it would not shrink the block, and contexts do;
    - where neither does and the block is the whole content: it is stored, and a frame of `mix`
      has the shorter head;
    - where it is a prior of token sets, and contexts take less.

    Others are the coder of the frame whatever they make of it: those of bits code each block by
    contexts where that is shorter, and what a user takes n-grams for is to use n-grams.

    Args:
        coder: the one that was asked for.
        options: what was asked for.
        content: of the first block; empty where there is none.
        tick: told how much of it is done.
        block: what ``coder`` made of it, where that is known.

    Raises:
        FormatError: the coder cannot take this content.
    """
    if not coder.is_trained_on_symbols:
        return Choice(coder)
    block = coder.encode(content, tick) if block is None else block
    if block.method is Method.MODELLED and not coder.takes_token_sets:
        return Choice(coder, block)
    contexts = BlockCoder(
        open_model(_CONTEXTS, ModelStore()), "arithmetic", verify=bool(options.verify)
    )
    other = contexts.encode(content, partial(watch, tick))
    is_whole = len(content) < options.resolved_block_bytes
    sizes = [_size(one, made) for one, made in ((coder, block), (contexts, other))]
    if sizes[1] >= sizes[0] or (other.method is Method.STORED and not is_whole):
        return Choice(coder, block)
    how = "stored" if other.method is Method.STORED else f"coded with {_CONTEXTS}"
    return Choice(
        contexts,
        other,
        f"{how}: the first block takes {sizes[1]} bytes, with {options.resolved_model} {sizes[0]}",
    )


def _size(coder: BlockCoder, block: Block) -> int:
    """Return the bytes of a frame of that block alone."""
    header, symbols_id = coder.header.to_bytes(), coder.header.symbols_id
    body = block.to_bytes(header=header, symbols_id=symbols_id, last=True, trailer=False)
    return len(header) + len(body)
