"""Autoencoders in the files and under the names that their authors publish, of random weights.

The modules are written down from the published ones' layout, and computed by their own forward
passes, so that what the package makes of their files is compared with something else.
"""

from __future__ import annotations

import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv2d(nn.Module):
    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.n_in, self.n_out, self.kw = inputs, outputs, side
        self.device = torch.device("cpu")
        self.w = nn.Parameter(torch.randn(outputs, inputs, side, side) / (inputs * side**2) ** 0.5)
        self.b = nn.Parameter(0.1 * torch.randn(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.w, self.b, padding=(self.kw - 1) // 2)


class _Block(nn.Module):
    kernels: tuple[int, ...] = ()

    def __init__(self, inputs: int, outputs: int, layers: int) -> None:
        super().__init__()
        self.post_gain = 1 / layers**2
        self.id_path = Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        widths = (inputs, *[outputs // 4] * 3, outputs)
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        for number, side in enumerate(self.kernels, start=1):
            parts[f"relu_{number}"] = nn.ReLU()
            parts[f"conv_{number}"] = Conv2d(widths[number - 1], widths[number], side)
        self.res_path = nn.Sequential(parts)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.id_path(x) + self.post_gain * self.res_path(x)
        return found


class EncoderBlock(_Block):
    kernels = (3, 3, 3, 1)


class DecoderBlock(_Block):
    kernels = (1, 3, 3, 3)


class _Half(nn.Module):
    blocks: nn.Sequential

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.blocks(x)
        return found


class Encoder(_Half):
    def __init__(self, hidden: int, codes: int, blocks: int = 2) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict(input=Conv2d(3, hidden, 7))
        inputs = hidden
        for group in range(4):
            outputs, inner = hidden << group, OrderedDict[str, nn.Module]()
            for number in range(blocks):
                inner[f"block_{number + 1}"] = EncoderBlock(inputs, outputs, 4 * blocks)
                inputs = outputs
            if group < 3:
                inner["pool"] = nn.MaxPool2d(kernel_size=2)
            parts[f"group_{group + 1}"] = nn.Sequential(inner)
        end = OrderedDict(relu=nn.ReLU(), conv=Conv2d(inputs, codes, 1))
        self.blocks = nn.Sequential(OrderedDict(**parts, output=nn.Sequential(end)))


class Decoder(_Half):
    def __init__(self, hidden: int, codes: int, first: int, blocks: int = 2) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict(input=Conv2d(codes, first, 1))
        inputs = first
        for group in range(4):
            outputs, inner = hidden << (3 - group), OrderedDict[str, nn.Module]()
            for number in range(blocks):
                inner[f"block_{number + 1}"] = DecoderBlock(inputs, outputs, 4 * blocks)
                inputs = outputs
            if group < 3:
                inner["upsample"] = nn.Upsample(scale_factor=2, mode="nearest")
            parts[f"group_{group + 1}"] = nn.Sequential(inner)
        end = OrderedDict(relu=nn.ReLU(), conv=Conv2d(inputs, 6, 1))
        self.blocks = nn.Sequential(OrderedDict(**parts, output=nn.Sequential(end)))


_PLACES = {
    "dall_e.encoder": (Encoder, EncoderBlock),
    "dall_e.decoder": (Decoder, DecoderBlock),
    "dall_e.utils": (Conv2d,),
}


def write_released(folder: Path, *, zipped: bool = True) -> tuple[Encoder, Decoder]:
    """Write encoder.pkl and decoder.pkl, whole modules of a package that is not there later."""
    torch.manual_seed(3)
    encoder, decoder = Encoder(8, 24), Decoder(8, 24, 12)
    with torch.no_grad():  # so that no code is taken everywhere
        last = encoder.get_submodule("blocks.output.conv")
        last.b -= encoder(torch.rand(4, 3, 32, 32)).mean((0, 2, 3))
    before = {one: one.__module__ for classes in _PLACES.values() for one in classes}
    modules = {name: types.ModuleType(name) for name in ("dall_e", *_PLACES)}
    sys.modules.update(modules)
    try:
        for name, classes in _PLACES.items():
            for one in classes:
                one.__module__ = name
                setattr(modules[name], one.__name__, one)
        for name, module in (("encoder.pkl", encoder), ("decoder.pkl", decoder)):
            torch.save(module, folder / name, _use_new_zipfile_serialization=zipped)
    finally:
        for one, name in before.items():
            one.__module__ = name
        for name in modules:
            del sys.modules[name]
    return encoder, decoder


def vqgan_tensors(kind: str = "vqgan") -> dict[str, Tensor]:
    """Return random tensors of a VQGAN of `SHAPE`, called as taming-transformers calls them.

    The encoder's names and values are those of transformers' Chameleon, whose autoencoder has them
    as well, and the decoder's those of Janus, whose levels are the other way round.
    """
    torch.manual_seed(5)
    found = {f"encoder.{name}": one for name, one in reference_encoder().state_dict().items()}
    for name, one in reference_decoder().state_dict().items():
        found[f"decoder.{turned(name)}"] = one
    width, codes = SHAPE["z_channels"], NUM_CODES
    found["quant_conv.weight"] = torch.randn(width, width, 1, 1) / width**0.5
    found["post_quant_conv.weight"] = torch.randn(width, width, 1, 1) / width**0.5
    found |= {
        f"{name}.bias": 0.1 * torch.randn(width) for name in ("quant_conv", "post_quant_conv")
    }
    if kind == "vqgan":
        found["quantize.embedding.weight"] = torch.randn(codes, width)
    else:
        found["quantize.embed.weight"] = torch.randn(codes, width)
        found["quantize.proj.weight"] = torch.randn(codes, width, 1, 1)
        found["quantize.proj.bias"] = torch.randn(codes)
    return found


def turned(name: str) -> str:
    """Return what a tensor of the decoder is called where levels are counted the other way."""
    parts = name.split(".")
    if parts[0] == "up":
        parts[1] = str(len(SHAPE["ch_mult"]) - 1 - int(parts[1]))
    return ".".join(parts)


NUM_CODES = 40
SHAPE: dict[str, Any] = {
    "double_z": False,
    "z_channels": 32,
    "resolution": 32,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [16],
    "dropout": 0.0,
}
"""``ddconfig`` of a tiny one, f = 2; attention is at the lowest level, as Janus has it."""


def reference_encoder() -> Any:
    """Return transformers' encoder of the same shape."""
    from transformers.models.chameleon.configuration_chameleon import ChameleonVQVAEConfig
    from transformers.models.chameleon.modeling_chameleon import ChameleonVQVAEEncoder

    torch.manual_seed(1)
    config = ChameleonVQVAEConfig(
        embed_dim=SHAPE["z_channels"],
        num_embeddings=NUM_CODES,
        double_latent=False,
        latent_channels=SHAPE["z_channels"],
        resolution=SHAPE["resolution"],
        in_channels=3,
        base_channels=SHAPE["ch"],
        channel_multiplier=SHAPE["ch_mult"],
        num_res_blocks=SHAPE["num_res_blocks"],
        attn_resolutions=SHAPE["attn_resolutions"],
        dropout=0.0,
        attn_type="vanilla",
    )
    return ChameleonVQVAEEncoder(config).eval()  # type: ignore[no-untyped-call]


def reference_decoder() -> Any:
    """Return transformers' decoder of the same shape."""
    from transformers.models.janus.configuration_janus import JanusVQVAEConfig
    from transformers.models.janus.modeling_janus import JanusVQVAEDecoder

    torch.manual_seed(2)
    config = JanusVQVAEConfig(
        embed_dim=SHAPE["z_channels"],
        num_embeddings=NUM_CODES,
        double_latent=False,
        latent_channels=SHAPE["z_channels"],
        num_patches=SHAPE["resolution"] // 2,
        in_channels=3,
        out_channels=3,
        base_channels=SHAPE["ch"],
        channel_multiplier=SHAPE["ch_mult"],
        num_res_blocks=SHAPE["num_res_blocks"],
        dropout=0.0,
    )
    return JanusVQVAEDecoder(config).eval()  # type: ignore[no-untyped-call]
