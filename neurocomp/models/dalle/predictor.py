"""The running state of a prior over the lanes of a block."""

from __future__ import annotations

import numpy as np

from neurocomp.codec.contract import Predictor
from neurocomp.errors import FormatError
from neurocomp.exact import TOTAL, Frequencies, Symbols, quantise
from neurocomp.models.common.lanes import LaneGroups
from neurocomp.models.dalle.form import RecordForm
from neurocomp.models.dalle.memory import CodeMemory
from neurocomp.models.dalle.network import IMPOSSIBLE, Logits, PriorNetwork, damped
from neurocomp.models.dalle.record_heads import HEAD_SYMBOLS, Kind, head_choices, read_head

_END_SHARE_BITS = 10
"""The share of a missing image, where one may be missing: 1 in 1025."""


class RecordGroup:
    """Lanes that one thread advances.

    Args:
        network: network that all groups share.
        form: form of all lanes.
        memory: memory of all lanes.
        damping: damping of the logits of codes.
        lanes: lanes of this group.
    """

    def __init__(
        self,
        network: PriorNetwork,
        form: RecordForm,
        memory: CodeMemory,
        damping: int,
        lanes: slice,
    ) -> None:
        self._network, self._form, self._memory = network, form, memory
        self._damping, self._lanes = damping, lanes
        num_lanes = lanes.stop - lanes.start
        shape = network.shape
        self._caches = network.caches(num_lanes)
        self._window = np.empty((num_lanes, shape.context), np.int32)
        self._window[:, : shape.before] = shape.text_rows([()])
        self._num_opening = 1 if form.is_text else shape.before
        self._opening: Logits | None = None
        self._num_read, self._num_known = 0, self._num_opening
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of the next symbols."""
        if self._tables is None:
            self._tables = self._make_tables()
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,), which the form has checked but not gone beyond."""
        self.frequencies()  # what is learnt depends on what was predicted
        form, shape = self._form, self._network.shape
        if form.is_last:
            self._num_read = min(self._num_read, self._num_opening)
            self._num_known = self._num_opening
        else:
            is_text = form.is_text
            read = shape.read_text(symbols, form.place) if is_text else shape.read_codes(symbols)
            self._window[:, self._num_known] = read
            self._num_known += 1
        self._tables = None

    def _make_tables(self) -> Frequencies:
        form = self._form
        size, end = form.shape.alphabet_size, form.shape.end
        forced = form.forced[self._lanes]
        is_forced = forced >= 0
        if is_forced.all():
            return certain(forced, size)
        tables = self._predicted()
        if form.may_end:
            weights = tables.astype(np.int64) << _END_SHARE_BITS
            weights[:, end] = TOTAL
            tables = quantise(weights)
        if is_forced.any():
            tables = tables.copy()
            tables[is_forced] = certain(forced[is_forced], size)
        return tables

    def _predicted(self) -> Frequencies:
        """Return the logits of network and memory, without the constraints of the records' form."""
        form, records, network = self._form, self._form.shape, self._network
        logits = self._logits()
        wide = np.full((len(logits), records.alphabet_size), IMPOSSIBLE, np.int32)
        if form.is_text:
            wide[:, : records.num_tokens] = logits[:, : records.num_tokens]
            wide[:, records.pad] = logits[:, network.shape.pad_at(form.place)]
            return network.frequencies(wide)
        codes = slice(records.first_code, records.end)
        own = damped(logits, self._damping)
        priors = network.frequencies(own)
        wide[:, codes] = self._memory.mixed(self._lanes, form.code_place, own, priors)
        tables = network.frequencies(wide)
        self._memory.expect(self._lanes, tables[:, codes])
        return tables

    def _logits(self) -> Logits:
        """Return the network's logits of what follows all that it knows."""
        is_opening = self._form.place == 0
        if is_opening and self._opening is not None:
            return self._opening
        news = self._window[:, self._num_read : self._num_known]
        logits = self._network.advance(news, self._caches, self._num_read)
        self._num_read = self._num_known
        if is_opening:
            self._opening = logits
        return logits


class _Records:
    """All lanes after their heads: the groups, and what they share."""

    def __init__(self, network: PriorNetwork, head: list[int], num_lanes: int, threads: int):
        read = read_head(head)
        records = network.shape.records
        self._form = RecordForm(records, read, num_lanes)
        self._memory = CodeMemory(records, num_lanes, network.exp2)
        self._texts = np.zeros((num_lanes, records.text_length), np.int32)
        self._groups = LaneGroups(
            num_lanes,
            threads,
            lambda some: RecordGroup(network, self._form, self._memory, read.damping, some),
        )

    def frequencies(self) -> Frequencies:
        return self._groups.frequencies()

    def update(self, symbols: Symbols) -> None:
        form, records = self._form, self._form.shape
        form.check(symbols)
        self._groups.update(symbols)
        is_there = symbols != records.end
        if not form.is_text:
            codes = np.where(is_there, symbols - records.first_code, 0)
            self._memory.learn(form.code_place, codes, is_there)
        else:
            self._texts[:, form.place] = symbols
            if form.kind is Kind.BOTH and form.place + 1 == records.text_length:
                sizes = (self._texts < records.pad).sum(1)
                self._memory.read_captions(self._texts, sizes, is_there)
        form.advance(symbols)


class PriorPredictor(Predictor):
    """All lanes of a block: first their heads, then records.

    Args:
        network: network of the model.
        num_lanes: number of lanes, at least 1.
        num_threads: number of threads that the lanes are spread over.
    """

    def __init__(self, network: PriorNetwork, num_lanes: int, num_threads: int) -> None:
        self._network, self._num_lanes, self._num_threads = network, num_lanes, num_threads
        self._head: list[int] = []
        self._records: _Records | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V)."""
        if self._records is not None:
            return self._records.frequencies()
        size = self._network.shape.records.alphabet_size
        tables = certain(np.zeros(self._num_lanes, np.int32), size)
        num_choices = head_choices(self._head, self._num_lanes)
        if num_choices > 1:
            weights = np.zeros((1, size), np.int64)
            weights[0, :num_choices] = 1
            tables[:1] = quantise(weights)
        return tables

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,).

        Raises:
            FormatError: they can't be those of records.
        """
        if self._records is not None:
            self._records.update(symbols)
            return
        choices = head_choices(self._head, self._num_lanes)
        if symbols[1:].any() or not 0 <= int(symbols[0]) < choices:
            raise FormatError("the head of token records is damaged")
        self._head.append(int(symbols[0]))
        if len(self._head) == HEAD_SYMBOLS:
            self._records = _Records(self._network, self._head, self._num_lanes, self._num_threads)


def certain(symbols: Symbols, alphabet_size: int) -> Frequencies:
    """Return tables (lanes, V) that leave as good as no doubt about ``symbols`` (lanes,)."""
    tables = np.ones((symbols.size, alphabet_size), np.int32)
    tables[np.arange(symbols.size), symbols] = TOTAL - (alphabet_size - 1)
    return tables
