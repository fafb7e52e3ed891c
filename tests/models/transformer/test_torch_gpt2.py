"""GPT-2 as transformers computes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from neurocomp.errors import UsageError
from neurocomp.models.transformer.torch_gpt2 import GPT2, GPT2Config

CONFIG = GPT2Config(width=16, num_blocks=2, num_heads=2, num_positions=32, alphabet="bytes")


def test_transformers_reads_it_and_computes_the_same(tmp_path: Path) -> None:
    from transformers import GPT2LMHeadModel

    torch.manual_seed(0)
    network = GPT2(CONFIG, 256)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)  # biases and norms too
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps(CONFIG.published_form(256, 0x1E)))
    theirs = GPT2LMHeadModel.from_pretrained(tmp_path)
    assert theirs.num_parameters() == sum(p.numel() for p in network.parameters())
    symbols = torch.randint(0, 256, (3, 32))
    with torch.no_grad():
        torch.testing.assert_close(network(symbols), theirs(symbols).logits, rtol=1e-4, atol=1e-4)


def test_names_of_matrices() -> None:
    network = GPT2(CONFIG, 256)
    hidden = {n for n, p in network.named_parameters() if p.ndim == 2 and ".h." in n}
    assert set(network.matrices) == hidden


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 10, "num_heads": 3}, "multiple of the 3"),
        ({"num_blocks": 0}, r"model\.num_blocks is 0"),
        ({"alphabet": "words"}, "'bytes' or 'gpt2'"),
    ],
)
def test_a_shape_that_is_none(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        GPT2Config(**values)  # type: ignore[arg-type]
