"""Language models whose every decision is mixed with contexts: ``docs/spec/language.md``."""

from neurocomp.models.language.model import LanguageModel

__all__ = ["LanguageModel"]
