"""The command line: `sagelift …`. Each verb imports what it needs when it runs, so that help comes at once."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

import sagelift
import sagelift.fleet.cli
from sagelift.errors import SageliftError

app = typer.Typer(
    help=sagelift.__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sagelift.fleet.cli.app, name="fleet")


def main() -> None:
    """Run the command line; a fault ends it with one sentence and exit code 1."""
    # --debug may stand anywhere; typer knows it before the verb only.
    arguments = sorted(sys.argv[1:], key=lambda argument: argument != "--debug")
    debug = "--debug" in arguments
    try:
        app(args=arguments)
    except KeyboardInterrupt:
        _fail("interrupted.", code=130)
    except SageliftError as error:
        if debug:
            raise
        _fail(str(error))
    except OSError as error:
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}. Mend that and run it again; --debug shows where it happened.")
    except Exception as error:
        if debug:
            raise
        _fail(f"{type(error).__name__}: {error}. This is a defect of sagelift: run it with --debug and report that.")


@app.callback()
def _options(*, debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")] = False) -> None:
    del debug  # read in main, which handles the faults


def _fail(sentence: str, code: int = 1) -> None:
    errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    errors.print(f"[bold red]error:[/] {escape(sentence)}")
    sys.exit(code)
