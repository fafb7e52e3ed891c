"""``neurocomp selftest``."""

from __future__ import annotations

from itertools import chain

import click

from neurocomp import extras
from neurocomp.cli.ui.report import ExitCode, say

_ROUTES = ("compiled", "int8", "float32", "float64")


@click.command(short_help="Check that this machine computes exactly.")
@click.option(
    "--route",
    "routes",
    type=click.Choice(_ROUTES),
    multiple=True,
    help="Test only this kind of matrix product. May be repeated.",
)
@click.option("--device", default="cpu", show_default=True, help="A device of torch, such as cuda.")
def selftest(routes: tuple[str, ...], device: str) -> int:
    """Check that this machine predicts what all others predict.

    Small transformers, recurrent networks, a neural n-gram and a prior of images are run in every
    possible way: whole sequences and step by step, in 1 to 64 lanes, with 1 and 2 threads, by every
    kind of matrix product. The hashes of their frequency tables must be those of the release.

    \b
    Examples:
      neurocomp selftest
      neurocomp selftest --device cuda
    """
    from neurocomp.models.bytenet import conformance as recurrent
    from neurocomp.models.dalle import conformance as priors
    from neurocomp.models.tokennets import conformance as neural
    from neurocomp.models.transformer import conformance as transformers

    if not routes:
        routes = _ROUTES if device == "cpu" else _ROUTES[1:]
        if device == "cpu" and not extras.has("torch"):
            routes = _ROUTES[:1]
            say(
                f"only the route {routes[0]!r}: the others are torch's, which is not installed "
                "(pip install 'neurocomp[train]')"
            )
    num_failed = 0
    suites = (transformers, recurrent, neural, priors)
    for check in chain(*(suite.run_conformance(routes, device) for suite in suites)):
        num_failed += not check.is_expected
        click.echo(f"{check.digest[:16]}  {'ok' if check.is_expected else 'FAILED'}  {check.name}")
    click.echo(f"{num_failed} failed" if num_failed else "all as expected")
    return ExitCode.ERROR if num_failed else ExitCode.OK
