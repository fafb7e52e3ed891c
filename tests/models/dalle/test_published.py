"""Published autoencoders: files of their authors' layouts, of random weights, read and used.

Every way is compared with another implementation, that of the tests or of transformers.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from neurocomp.cli.entry import run
from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError, UsageError
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
from neurocomp.models.dalle.published import open_published
from neurocomp.models.dalle.published.pickles import read_checkpoint
from neurocomp.models.dalle.published.taming import KINDS
from neurocomp.models.dalle.token_files import read_tokens
from tests.models.dalle.released import (
    NUM_CODES,
    SHAPE,
    reference_decoder,
    reference_encoder,
    turned,
    vqgan_tensors,
    write_released,
)
from tests.models.dalle.test_image_commands import write_set

Said = pytest.CaptureFixture[str]
TARGETS = {kind: target for target, kind in reversed(KINDS.items())}


def configuration(kind: str = "vqgan") -> dict[str, Any]:
    """Return what the YAML of taming-transformers says of it."""
    params = {"embed_dim": SHAPE["z_channels"], "n_embed": NUM_CODES, "ddconfig": SHAPE}
    loss = {"target": "taming.modules.losses.vqperceptual.VQLPIPSWithDiscriminator"}
    model = {"base_learning_rate": 4.5e-6, "target": TARGETS[kind]}
    return {"model": {**model, "params": {**params, "lossconfig": loss}}}


class ModelCheckpoint:
    """As Lightning writes its callbacks down: by the class itself."""


def write_taming(folder: Path, kind: str = "vqgan") -> dict[str, Tensor]:
    """Write logs/configs and checkpoints as a training leaves them; return the tensors."""
    tensors = vqgan_tensors(kind)
    others = {
        "loss.discriminator.main.0.weight": torch.zeros(4, 3, 4, 4),
        "loss.logvar": torch.zeros(()),
    }
    content: dict[str, Any] = {
        "epoch": 3,
        "global_step": 1000,
        "pytorch-lightning_version": "1.0.8",
        "callbacks": {
            ModelCheckpoint: {"best_model_path": "x", "best_model_score": torch.ones(())}
        },
        "state_dict": {**tensors, **others},
        "optimizer_states": [{"state": {}, "param_groups": [{"lr": 1e-4}]}],
    }
    (folder / "configs").mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    (folder / "configs" / "2020-11-09T13-33-36-project.yaml").write_text(
        yaml.safe_dump(configuration(kind))
    )
    (folder / "configs" / "2020-11-09T13-33-36-lightning.yaml").write_text("trainer: {}\n")
    module = ModelCheckpoint.__module__
    ModelCheckpoint.__module__ = name = "pytorch_lightning.callbacks.model_checkpoint"
    import sys
    import types

    names = [".".join(name.split(".")[: 1 + n]) for n in range(3)]
    sys.modules.update({one: types.ModuleType(one) for one in names})
    sys.modules[name].ModelCheckpoint = ModelCheckpoint  # type: ignore[attr-defined]
    try:
        torch.save(content, folder / "checkpoints" / "last.ckpt")
    finally:
        ModelCheckpoint.__module__ = module
        for one in names:
            del sys.modules[one]
    return tensors


def images(count: int = 3) -> Tensor:
    torch.manual_seed(0)
    return torch.rand(count, 3, 32, 32)


@torch.no_grad()
def expected(tensors: dict[str, Tensor], pixels: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """Return codes and images by transformers' encoder and decoder."""
    encoder, decoder = reference_encoder(), reference_decoder()
    parts: dict[str, dict[str, Tensor]] = {"encoder": {}, "decoder": {}}
    for name, one in tensors.items():
        half, _, inner = name.partition(".")
        parts.get(half, {})[inner if half == "encoder" else turned(inner)] = one
    encoder.load_state_dict(parts["encoder"])
    decoder.load_state_dict(parts["decoder"])
    hidden = functional.conv2d(
        encoder(2 * pixels - 1), tensors["quant_conv.weight"], tensors["quant_conv.bias"]
    )
    if kind == "vqgan":
        book = tensors["quantize.embedding.weight"]
        codes = torch.cdist(hidden.permute(0, 2, 3, 1).flatten(0, 2), book).argmin(1)
        codes = codes.view(len(pixels), *hidden.shape[2:])
    else:
        book = tensors["quantize.embed.weight"]
        weight, bias = tensors["quantize.proj.weight"], tensors["quantize.proj.bias"]
        codes = functional.conv2d(hidden, weight, bias).argmax(1)
    latents = functional.conv2d(
        book[codes].permute(0, 3, 1, 2),
        tensors["post_quant_conv.weight"],
        tensors["post_quant_conv.bias"],
    )
    return codes, (decoder(latents) / 2 + 0.5).clamp(0, 1)


def check(place: Path, tensors: dict[str, Tensor], kind: str = "vqgan") -> None:
    found = open_published(place)
    assert (found.size, found.network.config.factor) == (SHAPE["resolution"], 2)
    pixels = images()
    codes, again = expected(tensors, pixels, kind)
    assert len(set(codes.flatten().tolist())) > 5
    with torch.no_grad():
        assert torch.equal(found.network.encode(pixels), codes)
        torch.testing.assert_close(found.network.decode(codes), again, atol=1e-5, rtol=0)
        # What an image costs is measured too.
        terms = found.network(pixels, 1.0)
        assert terms.reconstruction.isfinite()
        assert terms.divergence.item() == pytest.approx(np.log2(NUM_CODES) / 12)
        assert found.network.soft(pixels).isfinite().all()


@pytest.mark.parametrize("kind", ["vqgan", "gumbel-vqgan"])
def test_checkpoints_of_taming_transformers(kind: str, tmp_path: Path) -> None:
    tensors = write_taming(tmp_path / "run", kind)
    check(tmp_path / "run", tensors, kind)
    ckpt = tmp_path / "run" / "checkpoints" / "last.ckpt"
    (tmp_path / "run" / "configs" / "2020-11-09T13-33-36-project.yaml").rename(tmp_path / "m.yaml")
    with pytest.raises(UsageError, match=r"last\.ckpt has no configurations beside it: name one"):
        open_published(ckpt)
    found = open_published(ckpt, tmp_path / "m.yaml")
    assert found.network.config.kind == kind


def flax_tensors(tensors: dict[str, Tensor]) -> dict[str, np.ndarray[Any, Any]]:
    """Return tensors as patil-suraj's VQGAN of JAX lays them out and calls them."""
    import re

    found = {}
    for name, tensor in tensors.items():
        *path, last = name.split(".")
        joined = re.sub(r"\b(\w+)\.(\d+)\b", r"\1_\2", ".".join(path))
        value = tensor.numpy()
        if last == "weight":
            is_norm = "norm" in path[-1]
            last = "scale" if is_norm else "kernel" if tensor.dim() == 4 else "embedding"
        if "norm" in path[-1]:
            value = value[None, None, None]
        if last == "kernel":
            value = value.transpose(2, 3, 1, 0)
        found[f"{joined}.{last}"] = np.ascontiguousarray(value)
    return found


def as_msgpack(tensors: dict[str, np.ndarray[Any, Any]], chunk: str = "") -> bytes:
    """Return what flax.serialization.to_bytes makes of them; one array in pieces."""
    import msgpack

    def packed(array: np.ndarray[Any, Any]) -> Any:
        content = (array.shape, array.dtype.name, array.tobytes("C"))
        return msgpack.ExtType(1, msgpack.packb(content, use_bin_type=True))

    tree: dict[str, Any] = {}
    for name, array in tensors.items():
        *path, last = name.split(".")
        place = tree
        for part in path:
            place = place.setdefault(part, {})
        if name == chunk:
            halves = np.array_split(array.reshape(-1), 2)
            shape = {str(n): size for n, size in enumerate(array.shape)}
            pieces = {str(n): packed(half) for n, half in enumerate(halves)}
            place[last] = {"__msgpack_chunked_array__": True, "shape": shape, "chunks": pieces}
        else:
            place[last] = packed(array)
    result: bytes = msgpack.packb(tree, strict_types=True)
    return result


@pytest.mark.parametrize("form", ["msgpack", "safetensors of flax", "safetensors", "bin"])
def test_folders_of_the_hub(form: str, tmp_path: Path) -> None:
    tensors = vqgan_tensors()
    fields = {**SHAPE, "n_embed": NUM_CODES, "embed_dim": SHAPE["z_channels"]}
    more = {"model_type": "vqgan", "resamp_with_conv": True, "give_pre_end": False}
    (tmp_path / "config.json").write_text(json.dumps({**fields, **more}))
    if form == "msgpack":
        content = as_msgpack(flax_tensors(tensors), chunk="decoder.conv_in.kernel")
        (tmp_path / "flax_model.msgpack").write_bytes(content)
    elif form == "bin":
        torch.save(tensors, tmp_path / "pytorch_model.bin")
    else:
        arrays = {name: torch.from_numpy(one) for name, one in flax_tensors(tensors).items()}
        chosen = arrays if "flax" in form else {n: t.contiguous() for n, t in tensors.items()}
        save_file(chosen, tmp_path / "model.safetensors")
    check(tmp_path, tensors)


def test_parameters_of_half_precision(tmp_path: Path) -> None:
    tensors = {name: one.to(torch.bfloat16) for name, one in vqgan_tensors().items()}
    fields = {**SHAPE, "n_embed": NUM_CODES, "embed_dim": SHAPE["z_channels"]}
    (tmp_path / "config.json").write_text(json.dumps(fields))
    save_file({n: t.contiguous() for n, t in tensors.items()}, tmp_path / "model.safetensors")
    check(tmp_path, {name: one.float() for name, one in tensors.items()})


def test_the_released_dvae(tmp_path: Path) -> None:
    encoder, decoder = write_released(tmp_path)
    found = open_published(tmp_path)
    config = found.network.config
    assert (found.size, config.factor, config.num_codes, config.code_width) == (256, 8, 24, 12)
    pixels = images()
    with torch.no_grad():
        codes = encoder(0.8 * pixels + 0.1).argmax(1)
        assert codes.unique().numel() > 5
        assert torch.equal(found.network.encode(pixels), codes)
        one_hot = functional.one_hot(codes, 24).permute(0, 3, 1, 2).float()
        statistics = decoder(one_hot)
        torch.testing.assert_close(found.network.statistics(codes), statistics)
        again = ((torch.sigmoid(statistics[:, :3]) - 0.1) / 0.8).clamp(0, 1)
        torch.testing.assert_close(found.network.decode(codes), again)


class Shell:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_code_is_never_run(zipped: bool, tmp_path: Path) -> None:
    path, target = tmp_path / "last.ckpt", tmp_path / "ran"
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(configuration()))
    tensors = {**vqgan_tensors(), "callbacks": Shell(target)}
    torch.save({"state_dict": tensors}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnsupportedError, match=r"last\.ckpt does not hold weights only.*never run"):
        open_published(tmp_path)
    # A name that is known, but as that of a function that is called: nothing is imported.
    content = path.read_bytes().replace(b"posix\nsystem", b"main.\nsystem")
    path.write_bytes(content)
    if not zipped:
        with pytest.raises(UnsupportedError, match=r"does not hold weights only"):
            open_published(tmp_path)
    assert not target.exists()


def test_a_module_of_an_earlier_torch_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="retrieve source code"):
        write_released(tmp_path, zipped=False)
    with pytest.raises(UnsupportedError, match=r"encoder\.pkl does not hold weights only"):
        open_published(tmp_path)


def test_damage(tmp_path: Path) -> None:
    write_released(tmp_path)
    whole = (tmp_path / "encoder.pkl").read_bytes()
    for content in (b"", b"abc", whole[: len(whole) // 2], whole[:-100]):
        (tmp_path / "encoder.pkl").write_bytes(content)
        with pytest.raises((FormatError, UnsupportedError), match=r"encoder\.pkl"):
            open_published(tmp_path)
    (tmp_path / "encoder.pkl").write_bytes((tmp_path / "decoder.pkl").read_bytes())
    with pytest.raises(ModelMismatchError, match="no encoder and decoder of"):
        open_published(tmp_path)
    (tmp_path / "decoder.pkl").unlink()
    with pytest.raises(UsageError, match=r"has encoder\.pkl, and no decoder\.pkl beside it"):
        open_published(tmp_path)
    (tmp_path / "encoder.pkl").unlink()
    with pytest.raises(UsageError, match="has no checkpoints of an autoencoder: name a file"):
        open_published(tmp_path)
    (tmp_path / "flax_model.msgpack").write_bytes(as_msgpack(flax_tensors(vqgan_tensors()))[:-9])
    fields = {**SHAPE, "n_embed": NUM_CODES, "embed_dim": SHAPE["z_channels"]}
    (tmp_path / "config.json").write_text(json.dumps(fields))
    with pytest.raises(FormatError, match=r"flax_model\.msgpack is not a whole file of Flax"):
        open_published(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x09\0\0\0\0\0\0\0{}")
    with pytest.raises(FormatError, match=r"is not a whole file of safetensors"):
        open_published(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"double_z": True}, r"has double_z = True: only False is known"),
        ({"z_channels": 64}, r"is not of the shape that its configuration says"),
        ({"ch": 48}, r"channels of a VQGAN are multiples of 32"),
        ({"ch_mult": [1, 2, 2]}, r"and \d+ others are missing, too many"),
        ({"ch_mult": None}, r"is not the configuration of a VQGAN"),
        ({"attn_resolutions": [32]}, r"is not of the shape"),
    ],
)
def test_other_shapes(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    content = configuration()
    content["model"]["params"]["ddconfig"] = {**SHAPE, **change}
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(content))
    torch.save({"state_dict": vqgan_tensors()}, tmp_path / "last.ckpt")
    with pytest.raises((UnsupportedError, FormatError, ModelMismatchError), match=message):
        open_published(tmp_path)


def test_other_models(tmp_path: Path) -> None:
    torch.save({"state_dict": vqgan_tensors()}, tmp_path / "last.ckpt")
    content = configuration()
    content["model"]["target"] = "ldm.models.autoencoder.AutoencoderKL"
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UnsupportedError, match=r"m\.yaml is of ldm\.models\.autoencoder\.Autoenc"):
        open_published(tmp_path)
    content = configuration()
    content["model"]["params"]["remap"] = "used.npy"
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UnsupportedError, match=r"maps its codes to others"):
        open_published(tmp_path)
    for text in ("a: [", "model: 3", "- 1"):
        (tmp_path / "m.yaml").write_text(text)
        with pytest.raises(FormatError, match=r"m\.yaml is not"):
            open_published(tmp_path)
    with pytest.raises(FormatError, match=r"m\.yaml is not a whole checkpoint|not hold weights"):
        read_checkpoint(tmp_path / "m.yaml")


PRIOR = """
[run]
steps = 3
micro_batch = 8

[model]
width = 32
num_blocks = 2
num_heads = 2
text_length = 8
vocabulary = 280

[data]
batch = 8
training_share = 0.5
"""


@pytest.mark.parametrize("kind", ["vqgan", "released"])
def test_tokens_priors_and_frames_of_one(kind: str, tmp_path: Path, capsys: Said) -> None:
    """From a published file to a frame and back to pictures, by the commands."""
    (tmp_path / "published").mkdir()
    if kind == "vqgan":
        write_taming(tmp_path / "published" / "run")
    else:
        write_released(tmp_path / "published")
    data, vae, out = str(write_set(tmp_path)), str(tmp_path / "vae"), str(tmp_path / "run")
    tokens, pictures = str(tmp_path / "x.tokens"), tmp_path / "pictures"
    command = ["dalle", "import-vae", str(tmp_path / "published"), "-o", vae, "--size", "16"]
    assert run(command) == 0
    assert "16 x 16 pixels as" in capsys.readouterr().err
    assert run(command) == 1
    assert run([*command[:-1], "17", "-f"]) == 2
    source, stored = open_published(tmp_path / "published"), load_autoencoder(Path(vae))
    weights = load_file(Path(vae) / "model.safetensors")
    assert {one.dtype for one in weights.values()} == {torch.float32}
    pixels = images()
    with torch.no_grad():
        assert torch.equal(source.network.encode(pixels), stored.network.encode(pixels))
    assert run(["dalle", "tokenize", data, "--vae", vae, "-o", tokens, "-q"]) == 0
    found = read_tokens(Path(tokens).read_bytes())
    assert found.num_codes == source.network.config.num_codes
    assert found.autoencoder == stored.sha256
    (tmp_path / "prior.toml").write_text(PRIOR)
    train = ["dalle", "train-prior", tokens, "--vae", vae, "-o", out, "--device", "cpu", "-q"]
    assert run([*train, "--config", str(tmp_path / "prior.toml")]) == 0
    frame = f"{tokens}.ncmp"
    assert run(["compress", tokens, "--model", f"dalle:{out}", "-o", frame, "-q"]) == 0
    again = str(tmp_path / "again.tokens")
    assert run(["decompress", frame, "--model-path", out, "-o", again, "-q"]) == 0
    assert Path(again).read_bytes() == Path(tokens).read_bytes()
    assert run(["dalle", "render", again, "--vae", out, "-o", str(pictures), "-q"]) == 0
    assert len(list(pictures.glob("*.png"))) == 49
    if kind == "released":
        assert run(["dalle", "eval", data, "--model", vae]) == 0
        assert "psnr_hard" in capsys.readouterr().out
        drawn = ["dalle", "generate", "a square", "-n", "2", "--model", out, "-o"]
        assert run([*drawn, str(tmp_path / "drawn"), "-q"]) == 0
