"""The command line: `sagelift …`. Each verb imports what it needs when it runs, so that help comes at once."""

import signal
import sys
import warnings
from pathlib import Path
from typing import Annotated, Literal

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

INTERRUPTED = 130
"""The exit code of a program that was interrupted."""


def main() -> None:
    """Run the command line; a fault ends it with one sentence and exit code 1."""
    # --debug may stand anywhere, but for what is not sagelift's own; typer knows it before the verb only.
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments = sorted(sys.argv[1:end], key=lambda argument: argument != "--debug") + sys.argv[end:]
    debug = "--debug" in sys.argv[1:end]
    _take_signals()
    try:
        app(args=arguments)
    except SystemExit as ended:
        # typer ends so, without a word, where it is interrupted.
        if ended.code == INTERRUPTED:
            _fail("interrupted.", code=INTERRUPTED)
        raise
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


def _take_signals() -> None:
    """Let the end of the terminal or of a CI job interrupt as Ctrl-C does, so that nothing half-made is left."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What nohup has ignored stays ignored.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@app.callback()
def _options(*, debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")] = False) -> None:
    del debug  # read in main, which handles the faults


@app.command()
def assess(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH ...", help="Scripts, notebooks, or folders that hold them.", show_default=False),
    ],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with the code, coloured by step.")
    ] = None,
    python: Annotated[
        Path | None, typer.Option(help="The Python that runs them today: its versions are taken over.")
    ] = None,
    requirements: Annotated[
        list[Path], typer.Option(help="A requirements or lock file, for the versions; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tell what legacy code is, what stands in the way, and what would be generated. The code is not run."""
    from sagelift.legacy import assessment, report  # noqa: PLC0415

    console = Console(highlight=False, emoji=False)
    with Console(stderr=True, highlight=False, emoji=False).status("Assessing") as status:
        survey = assessment.run(
            paths, python, requirements or None, lambda name: status.update(f"Assessing: {escape(name)} is done")
        )
    if html:
        report.write_html(survey, html)
    if as_json:
        typer.echo(report.as_json(survey))
        return
    for part in report.shown(survey):
        console.print(part)
    if html:
        console.print(f"Written: {escape(str(html))}", soft_wrap=True)


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917  one parameter for each option
    script: Annotated[
        Path, typer.Argument(metavar="SCRIPT", help="The legacy script or notebook.", show_default=False)
    ],
    repository: Annotated[Path, typer.Argument(metavar="REPOSITORY", help="The folder to make.", show_default=False)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- ARGUMENT ...]", help="What the script is called with.", show_default=False),
    ] = None,
    data: Annotated[
        list[str], typer.Option("--data", "-d", metavar="QUESTION=ANSWER", help="An answer; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    python: Annotated[
        Path | None,
        typer.Option(help="The Python that runs the script today: its version and its packages are taken over."),
    ] = None,
    requirements: Annotated[
        Path | None, typer.Option(help="The requirements or lock file of the script, for the versions.")
    ] = None,
    answers: Annotated[
        list[str],
        typer.Option("--answer", metavar="TEXT", help="What is typed at the script's next prompt; may be repeated."),
    ] = [],  # noqa: B006  typer copies it
    paths: Annotated[
        list[str],
        typer.Option("--path", metavar="OLD=NEW", help="Where a file is that the script names; may be repeated."),
    ] = [],  # noqa: B006  typer copies it
    training: Annotated[
        Literal["keep", "once"] | None,
        typer.Option(metavar="keep|once", help="Train in each run, or now, once. Default: it asks, else keep."),
    ] = None,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds that the script may take.")] = 600,
    template: Annotated[
        str | None, typer.Option(help="The template: a URL or a path; default: where sagelift came from.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="The template's version; default: the newest.")] = None,
    *,
    wrap: Annotated[bool, typer.Option("--wrap", help="Run it whole in predict, and do not split it.")] = False,
    split: Annotated[
        bool,
        typer.Option("--split", help="Split it even where nearly all the work stays in one script; never wrap it."),
    ] = False,
) -> None:
    """Move a legacy script or notebook into a new repository, split it, and prove that its results are the same.

    Runs the script, several times: without your credentials in its environment, and with a time limit.
    """
    from sagelift.legacy import migration, outcome  # noqa: PLC0415

    if wrap and split:
        message = "--wrap and --split exclude each other: give one of them, or none."
        raise SageliftError(message)
    order = migration.Order(
        script=script,
        destination=repository,
        arguments=tuple(arguments or ()),
        data=pairs(data, "--data"),
        python=python,
        requirements=requirements,
        answers=tuple(answers),
        paths=pairs(paths, "--path"),
        training=training,
        form="wrap" if wrap else "split" if split else None,
        time_limit=time_limit,
        template=template,
        version=version,
    )
    console = Console(highlight=False, emoji=False)
    # Of the code, such as of an invalid escape: whoever imports it knows it so.
    warnings.simplefilter("ignore")
    result = migration.run(order, console)
    outcome.show(result, console)
    raise typer.Exit(result.exit_code)


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Return what an option assigns, by name.

    Raises:
        SageliftError: One of the texts assigns nothing.
    """
    if wrong := next((text for text in texts if not text.partition("=")[0] or "=" not in text), None):
        message = f"{option} takes NAME=VALUE, not {wrong}."
        raise SageliftError(message)
    return dict(text.split("=", 1) for text in texts)


def _fail(sentence: str, code: int = 1) -> None:
    errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    errors.print(f"[bold red]error:[/] {escape(sentence)}")
    sys.exit(code)
