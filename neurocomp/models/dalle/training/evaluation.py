"""Measures a prior on token sets that it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.contract import SymbolModel
from neurocomp.codec.symbolwise import SymbolCodec, to_lanes
from neurocomp.coding.coders import CODERS
from neurocomp.errors import NeurocompError, UsageError
from neurocomp.exact import TOTAL, Stream
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.autoencoders import Autoencoder
from neurocomp.models.dalle.autoencoders.codes import reconstruction_bits
from neurocomp.models.dalle.images import choice
from neurocomp.models.dalle.likelihood import caption_bits, context_bits, image_bits, unigram_bits
from neurocomp.models.dalle.pictures import Pixels
from neurocomp.models.dalle.sampling import SamplingOptions, sample_grids
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from neurocomp.models.dalle.training.prior_data import select, split_tokens
from neurocomp.models.ngram.training import train_ngram

NGRAM_ORDERS = (2, 3, 4)
CONTEXTS = "contexts"
"""Name of the two-dimensional model."""
NO_GRIDS = np.zeros((0, 0, 0), np.uint16)


@dataclass(frozen=True)
class CodedSize:
    """A set that was coded, decoded again and compared, or what its code lengths add up to.

    Attributes:
        what: names of the set and the model.
        coder: name of the coder, or "code length".
        payload_bytes: the coder's output, without a frame.
        ideal_bytes: code length under the model's own probabilities; None if not asked for.
    """

    what: str
    coder: str
    payload_bytes: int
    ideal_bytes: float | None = None


@dataclass
class PriorReport:
    """Measures by name, code lengths in bits per latent, and sizes."""

    num_images: int
    num_latents: int
    measures: dict[str, float] = field(default_factory=dict)
    sizes: list[CodedSize] = field(default_factory=list)


def evaluate_prior(
    model: DalleModel, held_out: TokenSet, training: TokenSet | None, num_samples: int
) -> PriorReport:
    """Return the cost of ``held_out`` under ``model`` and others, and how well it is predicted.

    Args:
        model: the prior.
        held_out: images with or without captions, which the prior was not trained on.
        training: set that the prior was trained on; simpler models are then trained on it as well.
        num_samples: captions whose image is predicted token by token.

    Raises:
        UsageError: a set has no images, or its tokens are not what the prior knows.
    """
    _check(model, held_out, "the set")
    if training is not None:
        _check(model, training, "the training set")
    grids, num_codes = held_out.grids, model.shape.records.num_codes
    report = PriorReport(len(grids), model.shape.records.num_latents)
    measures, size = report.measures, grids.size
    measures["uniform"] = math.log2(num_codes)
    for name, measure in (("unigram", unigram_bits), (CONTEXTS, context_bits)):
        measures[f"{name}, adaptive"] = measure(grids, num_codes) / size
        if training is not None:
            measures[f"{name}, trained"] = measure(grids, num_codes, training.grids) / size
    report.sizes += _simple_sizes(grids, training, num_codes)
    best = min(value for name, value in measures.items() if name.startswith(CONTEXTS))
    least = math.ceil(best * size / 8)
    report.sizes.append(CodedSize(f"{CONTEXTS}, images alone", "code length", least))
    images = TokenSet((), grids, held_out.num_codes, held_out.autoencoder)
    measures["prior, images alone"] = _prior_bits(model, images) / size
    if held_out.captions:
        measures["prior, given captions"] = _prior_bits(model, held_out) / size
        text = float(caption_bits(model, held_out.captions).sum())
        measures["bits per caption"] = text / len(grids)
    measures["coded, images alone"] = _code(model, "images alone", images, report) / size
    if held_out.captions:
        _code(model, "captions", TokenSet(held_out.captions, NO_GRIDS, 0), report)
        given = _code(model, "captions and images", held_out, report)
        measures["coded, given captions"] = given / size
        measures |= _accuracy(model, held_out, num_samples)
    return report


def _check(model: DalleModel, tokens: TokenSet, what: str) -> None:
    records, known = model.shape.records, model.shape.autoencoder
    if not tokens.has_grids:
        raise UsageError(f"{what} has captions only, but images are measured")
    if tokens.autoencoder != known:
        raise UsageError(
            f"{what} has tokens of autoencoder {tokens.autoencoder.hex()[:16]}…, the prior knows "
            f"those of {known.hex()[:16]}…"
        )
    found = (*tokens.grids.shape[1:], tokens.num_codes)
    if found != (records.rows, records.columns, records.num_codes):
        raise UsageError(
            f"{what} has grids of {found[0]} x {found[1]} tokens of {found[2]}, the prior knows "
            f"{records.rows} x {records.columns} of {records.num_codes}"
        )


def choose_tokens(tokens: TokenSet, count: int) -> TokenSet:
    """Return ``count`` of the images, or all if there are no more, the same ones each time."""
    return select(tokens, choice(len(tokens), count))


def hold_out(tokens: TokenSet, share: float) -> tuple[TokenSet, TokenSet]:
    """Return what training on the rest of ``tokens`` takes, and the share of captions it holds out.

    Raises:
        UsageError: one of the two is empty.
    """
    training, held_out = split_tokens(tokens, 1 - share)
    if held_out is None:
        raise UsageError("no caption is in this share: there is nothing to measure on")
    return training, held_out


def measure_bound(
    model: DalleModel, network: Autoencoder, pixels: Pixels, tokens: TokenSet
) -> dict[str, float]:
    """Return the evidence lower bound's parts in bits for each sub-pixel of the images.

    Args:
        model: the prior.
        network: the autoencoder.
        pixels: pixels of the images, (N, height, width, 3).
        tokens: captions and codes of the images.
    """
    dims = pixels.size
    reconstruction = float(reconstruction_bits(network, pixels, tokens.grids).sum()) / dims
    codes = _prior_bits(model, tokens) / dims
    text = float(caption_bits(model, tokens.captions).sum()) / dims
    return {
        "bits per dim, image given codes": reconstruction,
        "bits per dim, codes given caption": codes,
        "bits per dim, caption": text,
        "bits per dim, bound on caption and image": reconstruction + codes + text,
    }


def _prior_bits(model: DalleModel, tokens: TokenSet) -> float:
    """Return the code length of images given captions, if any, under what the prior has learnt.

    Damped as a set is, but each image for itself: when a set is coded, the images before count too.
    """
    texts = [model.symbol_map.caption_tokens(caption) for caption in tokens.captions]
    damping = model.choose_damping(texts, tokens.grids)
    captions = tokens.captions or ("",) * len(tokens)
    return float(image_bits(model, captions, tokens.grids, damping).sum())


def _accuracy(model: DalleModel, held_out: TokenSet, num_samples: int) -> dict[str, float]:
    """Return shares of right tokens and right images of greedy generation, a caption each."""
    first = {caption: number for number, caption in reversed([*enumerate(held_out.captions)])}
    asked = choose_tokens(select(held_out, np.array(sorted(first.values()), np.intp)), num_samples)
    found = sample_grids(model, asked.captions, SamplingOptions(temperature=0))
    is_right = found == asked.grids
    return {
        "greedy tokens right": float(is_right.mean()),
        "greedy images right": float(is_right.all((1, 2)).mean()),
    }


def _code(model: DalleModel, what: str, tokens: TokenSet, report: PriorReport) -> float:
    """Code a set with every coder for the report, and return the bits that its codes take."""
    symbols = model.symbol_map.encode(write_tokens(tokens), model.alphabet_size)
    codes, others = _ideal_bits(model, symbols)
    report.sizes += [
        CodedSize(
            f"prior, {what}", coder, _coded_bytes(model, coder, symbols), (codes + others) / 8
        )
        for coder in CODERS
    ]
    return codes


def _ideal_bits(model: DalleModel, symbols: Stream) -> tuple[float, float]:
    """Return the bits of a stream's codes, and of its other symbols, under the coder's tables."""
    records = model.shape.records
    num_lanes = model.num_lanes(symbols.size)
    predictor = model.predictor(num_lanes)
    codes = others = 0.0
    for column in to_lanes(symbols, num_lanes):
        bits = np.log2(TOTAL / predictor.frequencies()[np.arange(num_lanes), column])
        is_code = records.is_code(column)
        codes += float(bits[is_code].sum())
        others += float(bits[~is_code].sum())
        predictor.update(column)
    return codes, others


def _simple_sizes(
    grids: NDArray[np.uint16], training: TokenSet | None, num_codes: int
) -> list[CodedSize]:
    """Return sizes of images alone under equal shares and n-grams of the codes' order."""
    codes = grids.reshape(-1)
    # Each code once: an n-gram model of equal shares.
    models = {"uniform": train_ngram([np.arange(num_codes, dtype=np.uint16)], num_codes, 1)}
    if training is not None:
        known = training.grids.reshape(-1)
        models["unigram"] = train_ngram([known], num_codes, 1)
        models |= {
            f"{order}-gram": train_ngram([known], num_codes, order) for order in NGRAM_ORDERS
        }
    return [
        CodedSize(f"{name}, images alone", coder, _coded_bytes(model, coder, codes))
        for name, model in models.items()
        for coder in CODERS
    ]


def _coded_bytes(model: SymbolModel, coder: str, symbols: Stream) -> int:
    codec = SymbolCodec(model, CODERS[coder])
    block = codec.encode(symbols, lambda _: None)
    if not np.array_equal(codec.decode(block, lambda _: None), symbols):
        raise NeurocompError("verification failed: the decoded tokens differ")
    return len(block.payload)
