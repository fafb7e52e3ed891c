"""GGUF files, the format of llama.cpp, read as if they were checkpoints of transformers.

The package ``gguf`` parses the file and widens its quantised blocks.  Tensors and settings get the
names that transformers gives them, and rows of queries and keys their order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.hub.tokenizer import tokenizer_json
from neurocomp.names import printable, quoted
from neurocomp.store.checkpoints import require_sound
from neurocomp.symbols.bpe import PIECES_RULE
from neurocomp.symbols.pieces import merges_of_pieces

SUFFIX = ".gguf"
TYPES = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q6_K", "Q8_0")
"""Forms of tensors that are read; others of the K family would work as well, but are not tested."""

_KINDS = ("llama", "granite", "qwen2", "qwen3", "smollm3", "olmo2")
_INTERLEAVED = ("llama", "granite", "smollm3")
"""Kinds whose queries and keys llama.cpp keeps with the halves of a head interleaved."""

_PREFIXES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
_LAYERS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NORMS_AFTER = {
    "post_attention_norm": "post_attention_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
"""Of OLMo 2, which has no norms before its layers."""

_FACTORS = "rope_freqs.weight"
"""Tensor of Llama 3.1's scaling: the divisor of each pair's angle."""

_SETTINGS = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "max_position_embeddings": "context_length",
    "rope_theta": "rope.freq_base",
    "embedding_multiplier": "embedding_scale",
    "residual_multiplier": "residual_scale",
    "attention_multiplier": "attention.scale",
    "logits_scaling": "logit_scale",
}
_BYTE_PAIRS, _PIECES = "gpt2", "llama"
_RULES = {
    "gpt2": ("gpt-2", "olmo", "mpt", "phi-2"),
    "digits": ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"),
    "triples": ("llama-bpe", "llama3", "llama-v3", "smaug-bpe", "dbrx", "falcon3"),
    "singles": ("qwen2", "deepseek-r1-qwen", "stablelm2", "megrez"),
}
"""llama.cpp's name of each rule that cuts text into words."""

_CONTENT, _BYTE = 1, 6
"""Types of tokens that are pieces of text and bytes; others are control tokens and the like."""


class GgufCheckpoint:
    """The tensors and settings of a GGUF file, in the words of transformers.

    Args:
        path: the file.

    Raises:
        FormatError: it is damaged, or something else.
        MissingPackageError: the package ``gguf`` is not installed.
        UnsupportedError: its kind of network, or a form of its tensors, is not supported.
    """

    def __init__(self, path: Path) -> None:
        extras.require("reading GGUF files", "hub", "gguf")
        import gguf

        self.folder = path
        try:
            reader = gguf.GGUFReader(path)
            self._fields: dict[str, Any] = {
                name: field.contents() for name, field in reader.fields.items()
            }
        except OSError:
            raise
        except Exception as error:  # whatever a damaged file leads the parser to
            raise FormatError(
                f"{printable(path)} is not a GGUF file that can be read "
                f"({type(error).__name__}: {printable(str(error), 120)}): fetch it again"
            ) from None
        self._widen: Callable[..., NDArray[Any]] = gguf.quants.dequantize
        self._kind = self._field("general.architecture", str)
        if self._kind not in _KINDS:
            raise UnsupportedError(
                f"{printable(path)} holds a model of architecture {quoted(self._kind)}, which is "
                f"not supported: {', '.join(_KINDS)} are"
            )
        if num_experts := self._fields.get(f"{self._kind}.expert_count"):
            raise UnsupportedError(
                f"{printable(path)} is a mixture of {num_experts} experts, which is not supported"
            )
        self._tensors = {_name_of(tensor.name, self._kind): tensor for tensor in reader.tensors}
        for name, tensor in self._tensors.items():
            if tensor.tensor_type.name not in TYPES:
                raise UnsupportedError(
                    f"tensor {quoted(name)} of {printable(path)} is in the form "
                    f"{tensor.tensor_type.name}, which is not supported: {', '.join(TYPES)} are"
                )
        self.config = self._settings()

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    @property
    def licence(self) -> str | None:
        """The licence that the file names."""
        licence = self._fields.get("general.license")
        return licence if isinstance(licence, str) and licence else None

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a tensor as float32.

        Raises:
            FormatError: there is none of that name, it is damaged, or a value is out of range.
        """
        found = self._tensors.get(name)
        if found is None:
            raise FormatError(f"{printable(self.folder)} has no tensor {quoted(name)}")
        shape = tuple(int(size) for size in reversed(found.shape))
        try:
            values: NDArray[Any] = self._widen(found.data, found.tensor_type).reshape(shape)
        except ValueError as error:
            raise FormatError(
                f"tensor {quoted(name)} of {printable(self.folder)} is damaged: {error}"
            ) from None
        require_sound(self.folder, name, values)
        return self._in_order(name, values)

    def tokenizer(self) -> bytes:
        """Return the vocabulary as ``symbols.BytePairs`` takes it.

        Raises:
            FormatError: a part of it is missing.
            UnsupportedError: the tokenizer is of another kind than byte-level byte pairs.
        """
        model = self._field("tokenizer.ggml.model", str)
        if model not in (_BYTE_PAIRS, _PIECES):
            raise UnsupportedError(
                f"{printable(self.folder)} has a tokenizer of the kind {quoted(model)}, which is "
                "not supported: byte pairs ('gpt2') and pieces ('llama') are"
            )
        tokens = self._field("tokenizer.ggml.tokens", list)
        kinds = self._fields.get("tokenizer.ggml.token_type", [_CONTENT] * len(tokens))
        if len(kinds) != len(tokens):
            raise FormatError(f"the tokenizer of {printable(self.folder)} is damaged")
        vocabulary = {
            token: number
            for number, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind in (_CONTENT, _BYTE)
        }
        if model == _PIECES:
            scores = self._field("tokenizer.ggml.scores", list)
            if len(scores) != len(tokens):
                raise FormatError(f"the tokenizer of {printable(self.folder)} is damaged")
            by_token = dict(zip(tokens, scores, strict=True))
            merges = merges_of_pieces(vocabulary, by_token)
            return tokenizer_json(vocabulary, merges, PIECES_RULE)
        merges = self._field("tokenizer.ggml.merges", list)
        return tokenizer_json(vocabulary, merges, self._rule())

    def _rule(self) -> str:
        name = self._fields.get("tokenizer.ggml.pre", "default")
        for rule, names in _RULES.items():
            if name in names:
                return rule
        raise UnsupportedError(
            f"{printable(self.folder)} cuts text into words by the rule {quoted(str(name))}, which "
            f"is not supported: {', '.join(one for names in _RULES.values() for one in names)} are"
        )

    def _settings(self) -> dict[str, Any]:
        """Return the configuration that transformers would have in config.json."""
        settings = {"model_type": self._kind, "hidden_act": "silu"}
        for name, key in _SETTINGS.items():
            value = self._fields.get(f"{self._kind}.{key}")
            if value is not None:
                settings[name] = value
        scaling = self._fields.get(f"{self._kind}.rope.scaling.type", "none")
        if scaling != "none":
            factor = self._fields.get(f"{self._kind}.rope.scaling.factor")
            settings["rope_scaling"] = {"rope_type": scaling, "factor": factor}
        rotated = self._fields.get(f"{self._kind}.rope.dimension_count")
        heads = settings.get("num_attention_heads")
        if isinstance(rotated, int) and isinstance(heads, int) and heads:
            width = settings.get("head_dim") or settings.get("hidden_size", 0) // heads
            settings["partial_rotary_factor"] = rotated / max(width, 1)
        for name in ("bos_token_id", "eos_token_id"):
            settings[name] = self._fields.get(f"tokenizer.ggml.{name}")
        if self._kind == "olmo2":  # OLMo 3 has the same name there
            windows = f"{self._kind}.attention.sliding_window"
            settings["use_sliding_window"] = windows in self._fields
        settings["tie_word_embeddings"] = "lm_head.weight" not in self._tensors
        if _FACTORS in self._tensors:
            settings["rope_factors"] = self.tensor(_FACTORS).reshape(-1).tolist()
        return settings

    def _in_order(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        """Return rows of queries and keys with the first halves of a head before the second."""
        heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
        part = name.split(".")[-2] if "." in name else ""
        if self._kind not in _INTERLEAVED or part not in heads:
            return values
        num_heads = self.config.get(heads[part], self.config.get("num_attention_heads"))
        if type(num_heads) is not int or num_heads < 1 or len(values) % (2 * num_heads):
            raise FormatError(f"tensor {quoted(name)} of {printable(self.folder)} has no heads")
        pairs = values.reshape(num_heads, len(values) // num_heads // 2, 2, -1)
        return pairs.swapaxes(1, 2).reshape(values.shape)

    def _field(self, name: str, kind: type) -> Any:
        value = self._fields.get(name)
        if not isinstance(value, kind):
            raise FormatError(f"{printable(self.folder)} has no {quoted(name)}")
        return value


def _name_of(name: str, kind: str) -> str:
    """Return transformers' name of a tensor."""
    layers = {**_LAYERS, **_NORMS_AFTER} if kind == "olmo2" else _LAYERS
    head, _, last = name.rpartition(".")
    if head in _PREFIXES:
        return f"{_PREFIXES[head]}.{last}"
    block, _, layer = head.partition(".")
    number, _, layer = layer.partition(".")
    if block == "blk" and number.isdigit() and layer in layers:
        return f"model.layers.{number}.{layers[layer]}.{last}"
    return name
