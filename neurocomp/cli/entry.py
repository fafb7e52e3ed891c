"""The way in and out of the program: signals, errors, exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
from click.shell_completion import shell_complete

from neurocomp.cli.group import cli
from neurocomp.cli.ui.report import (
    DEBUG_VARIABLE,
    ExitCode,
    describe_system_error,
    say,
    show_traceback,
)
from neurocomp.cli.ui.streams import (
    SIGNALLED,
    die_by,
    exit_on_signals,
    finish_standard_output,
    prepare_standard_streams,
)
from neurocomp.errors import NeurocompError, UsageError
from neurocomp.extras import explained
from neurocomp.temporaries import discard_unfinished

PROGRAM = "neurocomp"
COMPLETION_VARIABLE = "_NEUROCOMP_COMPLETE"

_FEW_COLLECTIONS = 50_000
"""New objects between two searches for unreachable ones: what imports make lives to the end."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_FEW_COLLECTIONS)
    prepare_standard_streams()
    exit_on_signals()
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        finish_standard_output()
    except BrokenPipeError:
        code = ExitCode.BROKEN_PIPE
    except OSError as error:
        say(describe_system_error(error))
        code = ExitCode.ERROR
    _end(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    if completion := os.environ.get(COMPLETION_VARIABLE):
        return shell_complete(cli, {}, PROGRAM, COMPLETION_VARIABLE, completion)
    try:
        # Not by cli.main, which has exit codes of its own.
        with cli.make_context(PROGRAM, list(arguments)) as context:
            result = cli.invoke(context)
        return result if isinstance(result, int) else ExitCode.OK
    except click.exceptions.Exit as error:
        return error.exit_code
    except BrokenPipeError:
        return ExitCode.BROKEN_PIPE
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # which not every click has
            click.echo(error.format_message(), err=True)
            return ExitCode.USAGE
        command = error.ctx.command_path.strip() if error.ctx else PROGRAM
        say(f"{error.format_message()} (see '{command} --help')")
        return ExitCode.USAGE
    except click.ClickException as error:
        say(error.format_message())
        return ExitCode.ERROR
    except UsageError as error:
        say(str(error))
        return ExitCode.USAGE
    except NeurocompError as error:
        show_traceback()
        say(str(error))
        return ExitCode.ERROR
    except OSError as error:
        show_traceback()
        say(describe_system_error(error))
        return ExitCode.ERROR
    except Exception as error:
        show_traceback()
        missing = explained(error) if isinstance(error, ModuleNotFoundError) else None
        if missing is not None:
            say(str(missing))
            return ExitCode.USAGE
        say(
            f"internal error, please report it: {type(error).__name__}: {error} "
            f"({DEBUG_VARIABLE}=1 shows where)"
        )
        return ExitCode.ERROR


def _end(code: int) -> NoReturn:
    if os.environ.get("WORLD_SIZE", "1") != "1":
        # One of several that torchrun started.  Threads of gloo live on where a cache of DTensor
        # keeps their group; one that frees a tensor while Python ends would abort the process
        # (the race of pytorch's pull request 179291), so Python's own end is left out.
        if sys.stderr is not None:
            sys.stderr.flush()
        os._exit(code)
    if code > SIGNALLED and os.name == "posix":
        if sys.stderr is not None:
            sys.stderr.flush()
        discard_unfinished()
        die_by(code - SIGNALLED)
    gc.freeze()  # Python's own end would search once more
    sys.exit(code)
