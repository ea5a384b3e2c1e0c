"""The verbs of `sagelift fleet`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import sagelift.fleet

app = typer.Typer(help=sagelift.fleet.__doc__, no_args_is_help=True)
# Neither highlights nor emoji: what users name is shown as it stands.
console = Console(highlight=False, emoji=False)

ManifestArgument = Annotated[
    Path, typer.Argument(metavar="MANIFEST", help="CSV or YAML that lists the repositories.", show_default=False)
]
JobsOption = Annotated[
    int | None, typer.Option(min=1, help="How many to work on at once; default: one for each processor.")
]


@app.callback()
def _options() -> None:
    """Keep `fleet` a group, however many verbs it has."""


@app.command()
def new(
    manifest: ManifestArgument,
    template: Annotated[
        str | None, typer.Option(help="The template: a URL or a path; default: where sagelift came from.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="The template's version; default: the newest.")] = None,
    jobs: JobsOption = None,
    *,
    push: Annotated[bool, typer.Option("--push", help="Push each to the URL that the manifest names.")] = False,
) -> None:
    """Generate the repositories that do not exist yet."""
    from sagelift import template_source  # noqa: PLC0415
    from sagelift.fleet import manifest as manifests  # noqa: PLC0415
    from sagelift.fleet import new as verb  # noqa: PLC0415
    from sagelift.fleet import progress, tables  # noqa: PLC0415

    fleet = manifests.load(manifest)
    source = template_source.resolve(template or fleet.template, Path() if template else manifest.parent)
    with progress.shown(console, "Generating", len(fleet.models)) as done:
        made = verb.run(fleet, source=source, version=version or fleet.version, jobs=jobs, push=push, progress=done)
    console.print(tables.made(made))
    raise typer.Exit(any(result.state is verb.State.FAILED for result in made))
