"""Packages that only some features need, and what to install where one is missing."""

from __future__ import annotations

from typing import Any

from neurocomp.errors import MissingPackageError

EXTRAS = {
    "train": ("torch",),
    "hub": (
        *("gguf", "huggingface_hub", "msgpack", "tokenizers", "torch", "transformers", "yaml"),
    ),
    "dalle": ("PIL", "tokenizers", "torch"),
    "plot": ("matplotlib",),
    "tensorboard": ("tensorboard",),
    "fid": ("torch_fidelity",),
    "bench": ("PIL", "brotli", "zstandard"),
    "integrations": ("fsspec", "numcodecs", "smart_open", "zarr"),
    "dask": ("dask", "distributed"),
    "ray": ("fsspec", "pandas", "pyarrow", "ray"),
}
"""The modules that each extra of pyproject.toml brings."""

APART = ("fid", "ray")
"""Extras that "all" leaves out: torchvision comes with the first, and must be built for the very
torch that is there, else programs that look for it fail; the second is large."""

_DISTRIBUTIONS = {"PIL": "pillow", "torch_fidelity": "torch-fidelity", "yaml": "pyyaml"}
"""Names of packages that differ from their module's name."""


FLOAT_MODELS = ("huggingface_hub", "tokenizers", "torch", "transformers")
"""Packages of the extra ``hub`` that a transformers model in floats needs."""


def has(module: str) -> bool:
    """Return whether a module could be imported, without importing it, which may take seconds."""
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):
        return False


def require(feature: str, extra: str, *modules: str) -> None:
    """Raise where a feature lacks what it needs; called before the first import of any of it.

    Args:
        feature: name in the message, as ``"dalle generate"``.
        extra: the key in `EXTRAS` whose installation helps.
        modules: those of the extra that the feature needs; all of them, unless named.

    Raises:
        MissingPackageError: one or more are not installed.
    """
    missing = [name for name in modules or EXTRAS[extra] if not has(name)]
    if missing:
        raise lacking(feature, extra, *missing)


def lacking(feature: str, extra: str, *modules: str) -> MissingPackageError:
    """Return the error about a feature without ``modules`` of an extra; see `require`."""
    names = [_DISTRIBUTIONS.get(name, name) for name in modules]
    if len(names) == 1:
        what = f"the package {names[0]}, which is"
    else:
        what = f"the packages {', '.join(names[:-1])} and {names[-1]}, which are"
    return MissingPackageError(
        f"{feature} needs {what} not installed: pip install 'neurocomp[{extra}]'"
    )


def optional(module: str) -> Any | None:
    """Return a module that is used where it is installed, and None where it is not."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def explained(error: ModuleNotFoundError) -> MissingPackageError | None:
    """Return the error to show for an import that failed; None where no extra brings the module.

    For whatever needs more of an extra than it asked `require` for.
    """
    module = (error.name or "").partition(".")[0]
    extra = next((name for name, modules in EXTRAS.items() if module in modules), None)
    return None if extra is None else lacking("this", extra, module)
