"""The suite of ``bench run`` that has a command of its own: ``bench article``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.bench.suite.definition import Suite

_OF_MEASURING = {
    *("recursive", "contenders", "coders", "commands", "peers", "threads", "limit_bytes"),
    *("repeats", "timeout", "retry", "model_path"),
}
"""Parameters that a suite with a command of its own has no use for."""

_OF_ARTICLE = {"tokenizer", "corpus"}
"""Parameters that no other suite has a use for."""


def refuse_unused(suites: list[Suite]) -> None:
    """Raise UsageError for an option of the running command that none of the suites uses."""
    context = click.get_current_context()
    kinds = {bool(suite.delegate) for suite in suites}
    for option in context.command.params:
        given = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        if given and option.name in _OF_MEASURING and kinds == {True}:
            raise UsageError(
                f"{option.opts[-1]} does not apply to the suite {suites[0].name}: 'neurocomp bench "
                "article' has its options"
            )
        if given and option.name in _OF_ARTICLE and kinds == {False}:
            raise UsageError(f"{option.opts[-1]} is for the suite article")


def run_article(suite: Suite, values: dict[str, Any]) -> None:
    """Run 'neurocomp bench article' for a suite that stands for it.

    Args:
        suite: a suite whose file is the text and whose contenders are models.
        values: parameters of 'neurocomp bench run'.

    Raises:
        UsageError: there is no tokenizer.
        CorpusError: the text is not on this machine.
    """
    from neurocomp.bench.corpora.paths import corpus_path
    from neurocomp.bench.suite.checkpoints import is_checkpoint
    from neurocomp.cli.commands.article import article

    if values["tokenizer"] is None:
        raise UsageError(
            f"the suite {suite.name} counts bits per token of GPT-2: name its vocabulary with "
            "--tokenizer FOLDER"
        )
    text = corpus_path(suite.files[0].corpus)
    words = [str(text), "--tokenizer", str(values["tokenizer"])]
    words += ["-o", str(values["output"] / suite.name)]
    for path in values["corpus"]:
        words += ["--train", str(path)]
    for model in values["models"] or suite.contenders:
        words += ["--checkpoint" if is_checkpoint(model) else "-m", model]
    words += ["-q"] if values["quiet"] else []
    with click.Context(article, info_name="article") as parent:
        context = article.make_context("article", words, parent=parent)
        with context:
            article.invoke(context)
