"""The files that compression is measured on: manifests, a fetcher, and small samples of our own."""

from corpora.errors import CorpusError
from corpora.paths import VARIABLE, corpus_path, default_folder

__all__ = ["VARIABLE", "CorpusError", "corpus_path", "default_folder"]
