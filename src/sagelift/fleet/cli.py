"""The verbs of `sagelift fleet`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import sagelift.fleet
from sagelift.errors import SageliftError

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


@app.command()
def bootstrap(  # noqa: PLR0913  one parameter for each option
    manifest: ManifestArgument,
    environment: Annotated[
        str, typer.Option("--env", help="The environment: parameters/<name>.json of each.", show_default=False)
    ],
    profiles: Annotated[
        list[str],
        typer.Option("--profile", metavar="ACCOUNT=PROFILE", help="The AWS profile of an account; may be repeated."),
    ] = [],  # noqa: B006  typer copies it
    jobs: Annotated[int, typer.Option(min=1, help="How many stacks to work on at once.")] = 8,
    *,
    classic_subject: Annotated[
        bool, typer.Option("--classic-subject", help="Repositories on GitHub from before 2026-07-15: no ids.")
    ] = False,
    no_github: Annotated[bool, typer.Option("--no-github", help="Make no roles for GitHub Actions.")] = False,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Plan for a review, and make nothing.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Make what --plan-only planned, and nothing else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Go on without a question.")] = False,
) -> None:
    """Make the registries, buckets and roles of many models, as an administrator: one plan, one question."""
    from sagelift.fleet import administrator  # noqa: PLC0415
    from sagelift.fleet import bootstrap as verb  # noqa: PLC0415
    from sagelift.fleet import manifest as manifests  # noqa: PLC0415

    if plan_only and apply:
        message = "--plan-only and --apply are two steps: give one of them."
        raise SageliftError(message)
    fleet = manifests.load(manifest)
    options = ["--classic-subject"] * classic_subject + ["--no-github"] * no_github
    folder = administrator.folder(manifest, environment)
    caller = administrator.Administrator(folder, options, administrator.profiles(profiles), jobs)
    prepare = verb.load if apply else verb.plan
    plans, failures = prepare(fleet, environment, caller, console, github=not no_github)
    if not plan_only:
        failures = failures | verb.make(plans, caller, console, yes=yes)
    raise typer.Exit(bool(failures))


@app.command()
def status(
    manifest: ManifestArgument,
    jobs: JobsOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show how far behind each repository is, and what was changed in it."""
    from sagelift.fleet import manifest as manifests  # noqa: PLC0415
    from sagelift.fleet import progress, tables  # noqa: PLC0415
    from sagelift.fleet import status as verb  # noqa: PLC0415

    fleet = manifests.load(manifest)
    with progress.shown(console, "Looking", len(fleet.models)) as done:
        found = verb.run(fleet, jobs=jobs, progress=done)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in found], indent=2))
    else:
        for part in tables.statuses(found):
            console.print(part)
    raise typer.Exit(any(entry.fault for entry in found))


@app.command()
def update(  # noqa: PLR0913  one parameter for each option
    manifest: ManifestArgument,
    version: Annotated[str | None, typer.Option(help="The template's version; default: the newest.")] = None,
    wave: Annotated[
        str | None, typer.Option(metavar="10%|20", help="How many are next, in the manifest's order; default: all.")
    ] = None,
    jobs: JobsOption = None,
    timeout: Annotated[float, typer.Option(min=1, help="The seconds that one repository may take.")] = 1800,
    *,
    force: Annotated[bool, typer.Option("--force", help="Begin the next wave, whatever came of the last.")] = False,
    no_tests: Annotated[bool, typer.Option("--no-tests", help="Leave out `ops lint` and `ops test`.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Push each branch to origin.")] = False,
) -> None:
    """Make a branch with the template's newer version in each repository."""
    from sagelift.fleet import manifest as manifests  # noqa: PLC0415
    from sagelift.fleet import progress, rollout, tables  # noqa: PLC0415
    from sagelift.fleet.update import BAD, Options  # noqa: PLC0415

    fleet = manifests.load(manifest)
    size = rollout.Wave.parse(wave) if wave else rollout.EVERYTHING
    with progress.shown(console, "Updating", len(fleet.models)) as done:
        call = rollout.run(
            fleet,
            version=version or fleet.version,
            wave=size,
            force=force,
            options=Options(tests=not no_tests, dry_run=dry_run, push=push, timeout=timeout),
            jobs=jobs,
            progress=done,
        )
    for part in tables.updated(call):
        console.print(part)
    raise typer.Exit(bool(call.blocking) or any(result.state in BAD for _, result in call.results))
