"""The one error of this package."""


class CorpusError(Exception):
    """A corpus file, its source or its manifest is missing or not what it should be.

    The message names the thing, the cause and, where there is one, the way out.
    """
