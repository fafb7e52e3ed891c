"""Angles of rotary positions, as a checkpoint's settings give them (J. Su et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact.tables import rotation_angles

_PI = Decimal("3.141592653589793238462643383279502884197")


def read_angles(config: Mapping[str, Any], head_width: int) -> tuple[Decimal, ...]:
    """Return the angle by which each pair of a head turns from one position to the next.

    Raises:
        FormatError: a setting is missing or out of range.
        UnsupportedError: the kind of scaling is not supported.
    """
    scaling = _scaling(config)
    base = scaling.get("rope_theta") or config.get("rope_theta") or 10_000
    angles = rotation_angles(head_width, _number({"rope_theta": base}, "rope_theta"))
    if float(config.get("partial_rotary_factor") or 1) != 1:
        raise UnsupportedError("rotary positions of a part of each head are not supported")
    factors = config.get("rope_factors")
    if factors is not None:
        if len(factors) != len(angles) or not all(0 < float(one) < 1e6 for one in factors):
            raise FormatError("the factors of the rotary positions are damaged")
        return tuple(
            angle / Decimal(float(one)) for angle, one in zip(angles, factors, strict=True)
        )
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    if kind in ("default", "none"):
        return angles
    if kind == "linear":
        return tuple(angle / _number(scaling, "factor") for angle in angles)
    if kind == "llama3":
        return tuple(_scaled(angle, scaling) for angle in angles)
    raise UnsupportedError(
        f"scaling of rotary positions by {kind!r} is not supported: 'linear' and 'llama3' are"
    )


def _scaling(config: Mapping[str, Any]) -> Mapping[str, Any]:
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(scaling, Mapping):
        raise FormatError("the scaling of the rotary positions is damaged")
    return scaling


def _scaled(angle: Decimal, scaling: Mapping[str, Any]) -> Decimal:
    """Return an angle as Llama 3.1 has it: slow turns slower, fast ones as they were."""
    length = _number(scaling, "original_max_position_embeddings")
    low, high = _number(scaling, "low_freq_factor"), _number(scaling, "high_freq_factor")
    factor = _number(scaling, "factor")
    turns = length * angle / (2 * _PI)
    if turns < low:
        return angle / factor
    if turns > high or high <= low:
        return angle
    share = (turns - low) / (high - low)
    return (1 - share) * angle / factor + share * angle


def _number(fields: Mapping[str, Any], name: str) -> Decimal:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
        raise FormatError(f"{name} = {value!r} of the rotary positions is out of range")
    return Decimal(value)
