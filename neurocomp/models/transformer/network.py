"""The forward pass of an exact transformer, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.engine import Engine
from neurocomp.exact.layers import HeadNorm, Linear, Norm, embed
from neurocomp.exact.scaling import RESIDUAL_LIMIT
from neurocomp.exact.window import Window, WindowAttention
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.parts import Block, Parts

Step = Callable[..., Any]
MAX_ROWS = 512
"""Rows of a matrix product at most: longer pasts are read in pieces, which bounds memory."""


@dataclass(frozen=True)
class Caches:
    """Keys and values of each block, (lanes, key heads, T, head width), as the engine holds them.

    Attributes:
        keys: keys of each block.
        values: values of each block.
        window: window of the positions that are kept; None if all positions from 0 on are.
    """

    keys: tuple[Any, ...]
    values: tuple[Any, ...]
    window: Window | None = None


class Network:
    """Runs a transformer's parts on an engine.

    Args:
        config: the shape.
        parts: integers that fit it.
        engine: engine that computes.
        sights: sight of the positions of each block; None for all positions before them.
    """

    def __init__(
        self,
        config: TransformerConfig,
        parts: Parts,
        engine: Engine[Any],
        sights: Sequence[Sight | None] | None = None,
    ) -> None:
        self._config = config
        self._parts = parts
        self._engine = engine
        self._blocks = [
            _PreparedBlock(config, block, parts, engine, sight)
            for block, sight in zip(parts.blocks, sights or [None] * len(parts.blocks), strict=True)
        ]
        self._last = prepare_normed(engine, parts.last_norm, parts.head)
        self._frequencies = engine.prepare_frequencies(parts.exp2)

    def caches(
        self, num_lanes: int, window_length: int | None = None, max_steps: int = 1
    ) -> Caches:
        """Return caches for the whole context, or for a sliding window.

        Args:
            num_lanes: number of lanes.
            window_length: number of positions of a sliding window; None for the usual.
            max_steps: largest number of steps that are read at once; for sliding windows.
        """
        if self._config.sinks == 0:
            return Caches(*self._both_kinds(num_lanes, self._config.context))
        length = window_length or self._config.default_window
        window = Window(length, self._config.sinks, length + max_steps - 1)
        return Caches(*self._both_kinds(num_lanes, window.num_slots), window)

    def _both_kinds(
        self, num_lanes: int, num_slots: int
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        def one_kind() -> tuple[Any, ...]:
            return tuple(
                self._engine.window_cache(block.attention, num_lanes, num_slots)
                if isinstance(block.attention, WindowAttention)
                else self._engine.cache(block.attention, num_lanes, num_slots)
                for block in self._parts.blocks
            )

        return one_kind(), one_kind()

    def advance(self, symbols: Symbols, caches: Caches, start: int) -> Frequencies:
        """Read ``symbols`` (lanes, steps) at positions ``start`` and on; predict what follows.

        The caches hold the positions before ``start``, and afterwards these too.

        Returns:
            Frequency tables (lanes, V).
        """
        return self._frequencies(self._last(self.last_rows(symbols, caches, start)))

    def advance_all(self, symbols: Symbols, caches: Caches, start: int) -> Frequencies:
        """Read ``symbols`` as ``advance`` does; return the tables (lanes * steps, V) after each."""
        return self._frequencies(self._last(self.read(symbols, caches, start)))

    def last_rows(self, symbols: Symbols, caches: Caches, start: int) -> Any:
        """Read ``symbols`` as ``advance`` does; return the rows (lanes, K) of the last step."""
        piece = max(MAX_ROWS // symbols.shape[0], 1)
        if caches.window is not None:
            piece = min(piece, caches.window.max_steps)
        for first in range(0, symbols.shape[1], piece):
            rows = self.read(symbols[:, first : first + piece], caches, start + first)
        return self._engine.last_steps(rows, symbols.shape[0])

    def all_frequencies(self, symbols: Symbols, window_length: int | None = None) -> Frequencies:
        """Return the tables after every prefix of ``symbols`` (lanes, steps), in one pass.

        Args:
            symbols: symbols of no more steps than the context, where the window does not slide.
            window_length: number of positions of a sliding window; None for the usual.

        Returns:
            (lanes * steps, V), lane by lane.
        """
        caches = self.caches(symbols.shape[0], window_length, symbols.shape[1])
        return self._frequencies(self._last(self.read(symbols, caches, 0)))

    def read(self, symbols: Symbols, caches: Caches, start: int) -> Any:
        """Read ``symbols`` (lanes, steps) into the caches; return rows (lanes * steps, K)."""
        rows = self._engine.put(embed(self._parts.embedding, self._parts.positions, symbols, start))
        num_steps, window = symbols.shape[1], caches.window
        for block, keys, values in zip(self._blocks, caches.keys, caches.values, strict=True):
            rows = block(rows, keys, values, start, num_steps, window)
        return rows


class _PreparedBlock:
    def __init__(
        self,
        config: TransformerConfig,
        block: Block,
        parts: Parts,
        engine: Engine[Any],
        sight: Sight | None,
    ) -> None:
        self._config = config
        self._engine = engine
        self._attended = prepare_normed(engine, block.attention_norm, block.query_key_value)
        self._attention_out = prepare_added(engine, block.attention_out, block.attention_out_norm)
        self._attend: Step
        if isinstance(block.attention, Attention):
            self._attend = engine.prepare_attention(block.attention, parts.exp2, sight)
        else:
            self._attend = engine.prepare_window_attention(block.attention, parts.exp2)
        norms = block.query_norm, block.key_norm
        self._norms = [one if one is None else engine.prepare_head_norm(one) for one in norms]
        self._inner_in = prepare_normed(engine, block.inner_norm, block.inner_in)
        self._inner_out = prepare_added(engine, block.inner_out, block.inner_out_norm)
        self._activate = engine.prepare_activation(parts.activation)
        self._rotate: Step | None = None
        if parts.rotation is not None and block.rotates:
            self._rotate = engine.prepare_rotation(*parts.rotation, config.head_width)
        if parts.turns is not None and block.rotates:
            self._rotate = engine.prepare_turns(parts.turns, config.head_width)

    def __call__(
        self,
        rows: Any,
        keys: Any,
        values: Any,
        start: int,
        num_steps: int,
        window: Window | None,
    ) -> Any:
        engine, config = self._engine, self._config
        attended = self._attended(rows)  # (M, queries + keys + values)
        query_end = config.query_width
        key_end = query_end + config.key_width
        queries = engine.columns(attended, 0, query_end)
        new_keys = engine.columns(attended, query_end, key_end)
        new_values = engine.columns(attended, key_end, key_end + config.key_width)
        if window is None:
            mixed = self._attend_all(queries, new_keys, new_values, keys, values, start, num_steps)
        else:
            query_norm, key_norm = self._norms
            queries = queries if query_norm is None else query_norm(queries)
            new_keys = new_keys if key_norm is None else key_norm(new_keys)
            steps = np.arange(start, start + num_steps)
            near = self._turned(queries, steps)
            far = self._turned(queries, np.minimum(steps, window.length - 1))
            engine.store_window(self._turned(new_keys, steps), start, window, keys)
            engine.store_window(new_values, start, window, values)
            mixed = self._attend(near, far, keys, values, start, window)
        rows = engine.add(rows, self._attention_out(mixed), RESIDUAL_LIMIT)
        inner = self._inner_in(rows)  # (M, inner), or gates and values side by side
        if config.gated:
            gates = self._activate(engine.columns(inner, 0, config.inner_width))
            inner = engine.columns(inner, config.inner_width, 2 * config.inner_width)
            inner = engine.gate(gates, inner, RESIDUAL_LIMIT)
        else:
            inner = self._activate(inner)
        return engine.add(rows, self._inner_out(inner), RESIDUAL_LIMIT)

    def _attend_all(
        self,
        queries: Any,
        new_keys: Any,
        new_values: Any,
        keys: Any,
        values: Any,
        start: int,
        num_steps: int,
    ) -> Any:
        """Return attention over all positions from 0 on, after the caches have taken the steps."""
        if self._rotate is not None:
            queries = self._rotate(queries, start, num_steps)
            new_keys = self._rotate(new_keys, start, num_steps)
        self._engine.store(new_keys, start, keys)
        self._engine.store(new_values, start, values)
        return self._attend(queries, keys, values, start)

    def _turned(self, values: Any, positions: Any) -> Any:
        return values if self._rotate is None else self._rotate(values, positions)


def prepare_normed(engine: Engine[Any], norm: Norm | None, layer: Linear) -> Step:
    """Return a norm, if there is one, and the layer after it as one function of rows."""
    if norm is None:
        return prepare_added(engine, layer, None)
    normalise, apply = engine.prepare_norm(norm, layer.limit), engine.prepare_linear(layer)
    return lambda rows: apply(normalise(rows))


def prepare_added(engine: Engine[Any], layer: Linear, norm: HeadNorm | None) -> Step:
    """Return a layer of rows in fixed point, and the norm after it if there is one, as one."""
    apply = engine.prepare_linear(layer)
    if norm is None:
        return lambda rows: apply(engine.quantise(rows, layer.limit))
    normalise = engine.prepare_head_norm(norm)
    return lambda rows: normalise(apply(engine.quantise(rows, layer.limit)))
