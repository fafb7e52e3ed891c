"""A network of transformers, loaded quietly, and refused where it can't predict what comes next."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neurocomp.errors import FormatError, ModelNotFoundError, UnsupportedError
from neurocomp.names import printable, quoted

_LOGGERS = ("transformers", "huggingface_hub", "httpx", "filelock", "urllib3")


@contextmanager
def without_noise(*, keep_bars: bool = False) -> Iterator[None]:
    """Keep warnings, retries and progress bars of the libraries out of stderr.

    What goes wrong is an exception all the same, and said once.

    Args:
        keep_bars: whether to leave the bars of downloads, where stderr is a terminal.
    """
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    bars = keep_bars and sys.stderr is not None and sys.stderr.isatty()
    hub_bars = not are_progress_bars_disabled()
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if hub_bars and not bars:
            disable_progress_bars()
        with _without_bars_of_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if hub_bars and not bars:
            enable_progress_bars()


@contextmanager
def _without_bars_of_transformers() -> Iterator[None]:
    if "transformers" not in sys.modules:  # nothing prints that is not there
        yield
        return
    import transformers

    its_logging: Any = transformers.utils.logging
    shown = its_logging.is_progress_bar_enabled()
    its_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            its_logging.enable_progress_bar()


_TOLERANCE = 1e-5
"""Tolerance of logits that should be equal, as a share of the largest."""

_OTHER_HEADS = (
    "ForMaskedLM",
    "ForPreTraining",
    "ForConditionalGeneration",
    "Classification",
    "ForQuestionAnswering",
)
"""Ends of the names of architectures that do other things than to predict the next symbol."""


def load_network(folder: Path, shown: str) -> Any:
    """Return the causal language model in ``folder``, in float32, for inference.

    Code of the model's own is never run, and nothing but safetensors is read.

    Args:
        folder: folder as ``save_pretrained`` writes it.
        shown: name of the model in messages.

    Raises:
        ModelNotFoundError: the folder holds no model that transformers knows.
        UnsupportedError: it is not causal, such as BERT, or an encoder with a decoder, such as T5.
        FormatError: a tensor is missing, or has values that are not finite.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    with without_noise():
        try:
            config: Any = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        except Exception as error:  # whatever a damaged config.json leads to
            raise ModelNotFoundError(
                f"{shown} could not be loaded: {printable(str(folder))} has no config.json that "
                f"transformers knows ({_first_line(error)})"
            ) from error
        _require_causal_kind(config, shown)
        try:
            loader: Any = AutoModelForCausalLM
            network, report = loader.from_pretrained(
                folder,
                use_safetensors=True,
                trust_remote_code=False,
                dtype="float32",
                output_loading_info=True,
            )
        except Exception as error:
            raise ModelNotFoundError(
                f"{shown} could not be loaded: give a folder that save_pretrained wrote, with its "
                f"weights as safetensors ({_first_line(error)})"
            ) from error
    missing = sorted(report.get("missing_keys", ()))
    if missing:
        raise FormatError(
            f"{shown} lacks the tensor {quoted(missing[0])}, which would be random each time: "
            "it is not a complete causal language model"
        )
    network = network.eval()
    require_finite(network, shown)
    _require_causal(network, config, shown)
    return network


def require_finite(network: Any, shown: str) -> None:
    """Raise FormatError where a weight is NaN or infinite."""
    import torch

    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point() or bool(torch.isfinite(tensor).all()):
            continue
        num_nan, num_infinite = int(tensor.isnan().sum()), int(tensor.isinf().sum())
        what = f"{num_nan} NaN" if num_nan else f"{num_infinite} infinite"
        raise FormatError(
            f"tensor {quoted(name)} of {shown} has {what} weights: such a model predicts nothing; "
            "take a checkpoint from from before its training diverged"
        )


def _require_causal_kind(config: Any, shown: str) -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    kind = printable(str(getattr(config, "model_type", "")), 60)
    heads = getattr(config, "architectures", None) or ()
    if (
        type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING
        or getattr(config, "is_encoder_decoder", False)
        or any(str(one).endswith(_OTHER_HEADS) for one in heads)
    ):
        raise UnsupportedError(_not_causal(shown, kind))


def _require_causal(network: Any, config: Any, shown: str) -> None:
    """Refuse a network whose prediction of a symbol changes with the symbols after it."""
    import torch

    try:
        size = int(network.get_output_embeddings().weight.shape[0])
        one = torch.tensor([[1 % size, 2 % size, 3 % size, 4 % size]])
        other = torch.tensor([[1 % size, 2 % size, 3 % size, 0]])
        with torch.inference_mode(), without_noise():
            first, second = (network(tokens).logits[0, :3].double() for tokens in (one, other))
    except Exception as error:  # of networks that want more than tokens
        raise UnsupportedError(
            f"{shown} does not predict from tokens alone ({_first_line(error)})"
        ) from error
    largest = float(first.abs().max())
    if not float((first - second).abs().max()) <= _TOLERANCE * max(largest, 1e-9):
        raise UnsupportedError(_not_causal(shown, printable(str(config.model_type), 60)))


def _not_causal(shown: str, kind: str) -> str:
    return (
        f"{shown} is a {kind}, which is not a causal language model: it does not predict a symbol "
        "from those before it alone; take one of the kind of GPT-2"
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().split("\n", 1)[0]
    return f"{type(error).__name__}: {printable(text, 200)}"
