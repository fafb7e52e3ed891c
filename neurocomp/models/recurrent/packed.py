"""A network's integers as the core takes them."""

from __future__ import annotations

import numpy as np

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.models.mix.experience import Experience
from neurocomp.models.recurrent.config import RecurrentConfig
from neurocomp.models.recurrent.parts import Parts


def pack(config: RecurrentConfig, parts: Parts, experience: Experience | None) -> _core.Network:
    """Return a network whose layers are packed for this processor's products.

    Raises:
        FormatError: it would not be exact.
    """
    layers = [layer for block in parts.blocks for layer in block.in_order]
    layers.append(parts.head)
    try:
        return _core.Network(
            width=config.width,
            num_blocks=config.num_blocks,
            context=config.context,
            inner_width=config.inner_width,
            epsilon=config.epsilon,
            tables=[(table.length, table.bits) for table in config.hashed_tables],
            embeddings=np.ascontiguousarray(parts.embeddings),
            hashed=np.ascontiguousarray(parts.hashed.rows),
            hashed_scales=np.ascontiguousarray(parts.hashed.scales),
            layers=[
                (
                    np.ascontiguousarray(layer.weight),
                    np.ascontiguousarray(layer.multiplier, np.int64),
                    np.ascontiguousarray(layer.bias),
                    layer.shift,
                )
                for layer in layers
            ],
            gates=np.ascontiguousarray(parts.recurrence.table),
            silu=np.ascontiguousarray(parts.silu.table),
            exp2=np.ascontiguousarray(parts.exp2),
            experience=None if experience is None else experience.parts,
        )
    except ValueError as error:
        raise FormatError(f"a network can't be computed exactly: {error}") from None
