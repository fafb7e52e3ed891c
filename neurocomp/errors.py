"""The one hierarchy of errors that neurocomp raises for its callers to catch."""

from __future__ import annotations


class NeurocompError(Exception):
    """Base of every error that neurocomp raises on purpose.

    The message names the thing, the cause and, where there is one, the way out.
    """


class UsageError(NeurocompError, ValueError):
    """Options that don't go together, or a value outside its range."""


class MissingPackageError(UsageError, ImportError):
    """An optional package is not installed; the message has the command that installs it."""


class FormatError(NeurocompError, ValueError):
    """The bytes are not a well-formed frame, payload or model file."""


class TruncatedError(FormatError, EOFError):
    """The bytes end before the frame does."""


class ChecksumError(FormatError):
    """Stored or decoded bytes don't have the checksum that the frame records."""


class UnsupportedError(FormatError):
    """A well-formed frame needs something that this version doesn't have."""


class SizeLimitError(NeurocompError, ValueError):
    """The content is larger than the caller allows: nothing is known to be wrong with it."""


class ModelError(NeurocompError):
    """A predictive model is missing, damaged or not the one that is needed."""


class ModelNotFoundError(ModelError, LookupError):
    """No installed model has the name or hash that was asked for."""


class ModelMismatchError(ModelError):
    """A model was found, but its content is not what the frame was written with."""


class TrainingError(NeurocompError):
    """Training cannot go on: it has diverged, or another process trains in its folder."""
