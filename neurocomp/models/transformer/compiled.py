"""A transformer with a sliding window in the core: whole steps without Python between layers.

It computes what `network.Network` computes; the conformance suite compares both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.compiled import pad_columns
from neurocomp.exact.layers import HeadNorm, Linear, Norm
from neurocomp.exact.window import WindowAttention
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.parts import Parts


def compile_transformer(config: TransformerConfig, parts: Parts) -> _core.language.Transformer:
    """Return the transformer as the core reads it.

    Raises:
        ValueError: its window does not slide.
    """
    compiler = Compiler(config, parts)
    del parts  # weights are let go as they are packed, where nobody else holds them
    return compiler.finish()


class Compiler:
    """Hands the parts of a transformer to the core, which packs the weights of each.

    Args:
        config: configuration of the model.
        parts: parts of the model, held until `finish` has packed them, one after the other.

    Raises:
        ValueError: its window does not slide.
    """

    def __init__(self, config: TransformerConfig, parts: Parts) -> None:
        if parts.turns is None or not all(
            isinstance(block.attention, WindowAttention) for block in parts.blocks
        ):
            raise ValueError("only transformers whose window slides are compiled")
        embedding = parts.embedding
        self._transformer = _core.language.Transformer(
            np.ascontiguousarray(embedding.weight),
            np.ascontiguousarray(embedding.rows),
            np.ascontiguousarray(embedding.columns),
            embedding.shift,
            np.ascontiguousarray(parts.turns.table),
            np.ascontiguousarray(parts.activation.table),
            np.ascontiguousarray(parts.exp2),
            config.num_heads,
            config.num_key_heads,
            config.head_width,
            config.inner_width,
            config.sinks,
            config.epsilon,
        )
        self._blocks = list(reversed(parts.blocks))
        self._last_norm = parts.last_norm
        self._head = parts.head

    def finish(self) -> _core.language.Transformer:
        """Return the transformer as the core reads it."""
        transformer = self._transformer
        while self._blocks:
            block = self._blocks.pop()
            attention = block.attention
            transformer.add_block(
                _gain(block.attention_norm),
                *_layer(block.query_key_value),
                attention.query_limit,
                attention.multiplier,
                attention.shift,
                *_layer(block.attention_out),
                _gain(block.inner_norm),
                *_layer(block.inner_in),
                *_layer(block.inner_out),
                block.rotates,
            )
            if block.query_norm is not None and block.key_norm is not None:
                transformer.set_head_norms(
                    *_head_norm(block.query_norm), *_head_norm(block.key_norm)
                )
            if block.attention_out_norm is not None and block.inner_out_norm is not None:
                transformer.set_output_norms(
                    *_head_norm(block.attention_out_norm), *_head_norm(block.inner_out_norm)
                )
        transformer.finish(np.ascontiguousarray(self._last_norm.gain), *_layer(self._head))
        return transformer


def _gain(norm: Norm | None) -> NDArray[np.int32]:
    return np.empty(0, np.int32) if norm is None else np.ascontiguousarray(norm.gain)


def _head_norm(norm: HeadNorm) -> tuple[NDArray[np.int32], int, int]:
    return np.ascontiguousarray(norm.gain), norm.epsilon, norm.shift


def _layer(layer: Linear) -> tuple[_core.exact.Linear, int]:
    core = _core.exact.Linear(
        pad_columns(layer.weight),
        np.ascontiguousarray(layer.multiplier),
        np.ascontiguousarray(layer.bias),
        layer.shift,
        layer.clip,
    )
    return core, layer.limit


class CompiledLanes:
    """Lanes of a compiled transformer; see `predictor.Reader`.

    Args:
        transformer: transformer that `compile_transformer` returned.
        alphabet_size: number of its symbols.
        num_lanes: number of lanes.
        length: number of positions of the window.
        max_steps: largest number of steps that are read at once.
    """

    def __init__(
        self,
        transformer: _core.language.Transformer,
        alphabet_size: int,
        num_lanes: int,
        length: int,
        max_steps: int = 1,
    ) -> None:
        self._lanes = _core.language.Lanes(transformer, num_lanes, length, max_steps)
        self._tables = np.empty((num_lanes * max_steps, alphabet_size), np.int32)

    def read_all(self, symbols: Symbols) -> Frequencies:
        """Read ``symbols`` (lanes, steps); return the tables (lanes * steps, V) after each.

        They hold until the next call.
        """
        self._lanes.read(np.ascontiguousarray(symbols, np.int32))
        tables = self._tables[: symbols.size]
        self._lanes.write_frequencies(tables)
        return tables
