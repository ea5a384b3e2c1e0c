"""The command line: `uv run ops …`. Each verb is one function, and says in one line what it does."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

import ops
from ops.definition import STEPS
from ops.errors import OpsError
from ops.repository import Repository

app = typer.Typer(
    help=ops.__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Neither highlights nor emoji: what users name and print, such as arn:aws:…, is shown as it stands.
console = Console(highlight=False, emoji=False)
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def main() -> None:
    """Run the command line; a fault ends it with one sentence and exit code 1."""
    # --debug may stand anywhere; typer knows it before the verb only.
    arguments = sorted(sys.argv[1:], key=lambda argument: argument != "--debug")
    debug = "--debug" in arguments
    try:
        app(args=arguments)
    except KeyboardInterrupt:
        _fail("interrupted.", code=130)
    except OpsError as error:
        if debug:
            raise
        _fail(str(error))
    except Exception as error:
        if debug:
            raise
        _fail(f"{type(error).__name__}: {error}. This is a defect of ops: run it again with --debug and report that.")


@app.callback()
def _options(*, debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")] = False) -> None:
    del debug  # read in main, which handles the faults


@app.command()
def run(  # noqa: PLR0913  one parameter for each option
    data: Annotated[
        Path | None, typer.Option("--input", help="File or folder to run on; default: data/sample.", show_default=False)
    ] = None,
    assignments: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Replace a parameter; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    step: Annotated[
        str | None, typer.Option(help="Run this step only, on the newest run's outputs.", metavar="|".join(STEPS))
    ] = None,
    environment: Annotated[
        str, typer.Option("--parameters", help="Whose parameters to run with: parameters/<name>.json.")
    ] = "dev",
    *,
    container: Annotated[
        bool, typer.Option("--container", help="Build the image and run the steps that use it in a container.")
    ] = False,
    base_image: Annotated[
        str | None, typer.Option(help="With --container: the Dockerfile's BASE_IMAGE, such as a mirror's.")
    ] = None,
) -> None:
    """Run the whole workflow on this machine."""
    # Imported here, because moto takes seconds and the other verbs do without.
    with console.status("Starting the local cloud…"):
        from ops.local import images, report  # noqa: PLC0415
        from ops.local import run as local  # noqa: PLC0415

    if step is not None and step not in STEPS:
        message = f"--step {step} is no step of the workflow: name one of {', '.join(STEPS)}."
        raise OpsError(message)
    repository = Repository.find()
    plan = local.plan(repository, environment=environment, data=data, assignments=assignments, step=step)
    report.introduce(plan, repository, console)
    prepared = images.prepare(repository, plan, container=container, base_image=base_image, console=console)
    finished = local.run(repository, plan, prepared, lambda views: report.follow(views, console))
    raise typer.Exit(report.conclude(finished, plan, console))


@app.command()
def setup() -> None:
    """Make the environments that the steps run in here; `run` does so, too, where one is missing."""
    from ops.local import images  # noqa: PLC0415

    images.prepare_all(Repository.find(), console)


@app.command()
def test() -> None:
    """Run the model's tests in the model's environment, and the contract tests in this one."""
    from ops import testing  # noqa: PLC0415

    raise typer.Exit(testing.run(Repository.find(), console))


@app.command()
def lint() -> None:
    """Check the scripts, the parameters and the definition, without running anything."""
    from ops import checks  # noqa: PLC0415

    repository = Repository.find()
    faults = checks.run(repository)
    for fault in faults:
        errors.print(escape(fault))
    if faults:
        _fail(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} found: mend what is named above.")
    console.print("No fault found.")


def _fail(sentence: str, code: int = 1) -> None:
    errors.print(f"[bold red]error:[/] {escape(sentence)}")
    sys.exit(code)
