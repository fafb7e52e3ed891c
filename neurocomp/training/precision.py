"""Whether to train in bfloat16."""

from __future__ import annotations

import torch


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Return whether products are to be computed in bfloat16.

    Args:
        precision: "float32", "bfloat16" or "auto": bfloat16 where the hardware multiplies it
            faster; a CPU without instructions for it is some twenty times slower than in float32.
        device: where the network is.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
