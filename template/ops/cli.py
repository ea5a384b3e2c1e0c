"""The command line: `uv run ops …`. Each verb is one function, and says in one line what it does."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

import ops
from ops.cloud.shared import Shared
from ops.definition import STEPS
from ops.errors import OpsError
from ops.repository import Repository

if TYPE_CHECKING:
    from ops.infrastructure import Deployment

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
    except OSError as error:
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}. Mend that and run it again; --debug shows where it happened.")
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
        str | None,
        typer.Option(
            help="Run this step only, on the outputs of the newest run that has them.", metavar="|".join(STEPS)
        ),
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

    _check_step(step)
    if base_image is not None and not container:
        message = "--base-image is for --container, without which no image is built: give both, or none."
        raise OpsError(message)
    repository = Repository.find()
    plan = local.plan(repository, environment=environment, data=data, assignments=assignments, step=step)
    report.introduce(plan, repository, console)
    prepared = images.prepare(repository, plan, container=container, base_image=base_image, console=console)
    finished = local.run(repository, plan, prepared, lambda views: report.follow(views, console))
    raise typer.Exit(report.conclude(finished, plan, console))


@app.command()
def setup(
    *,
    python: Annotated[
        bool, typer.Option("--python", help="Only that of requirements.txt; print the path of its Python, and no more.")
    ] = False,
) -> None:
    """Make the environments that the steps run in here; `run` does so, too, where one is missing."""
    from ops.local import images  # noqa: PLC0415

    if python:
        print(images.prepare_custom(Repository.find(), errors).python)  # noqa: T201  as it stands, for other programs
    else:
        images.prepare_all(Repository.find(), console)


@app.command()
def test() -> None:
    """Run the model's tests in the model's environment, and the contract tests in this one."""
    from ops import testing  # noqa: PLC0415

    raise typer.Exit(testing.run(Repository.find(), console))


@app.command()
def prove(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Leave parity/ as it is; fail on a difference only, as CI does.")
    ] = False,
) -> None:
    """Prove that the workflow leaves what the legacy code left when it was imported. Unproved: exit code 3."""
    with console.status("Starting the local cloud…"):
        from ops.proof import run as verb  # noqa: PLC0415

    raise typer.Exit(verb.run(Repository.find(), console, check=check))


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


EnvironmentOption = Annotated[
    str, typer.Option("--env", help="The environment: parameters/<name>.json.", show_default=False)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Go on without a question.")]
BaseImageOption = Annotated[
    str | None, typer.Option(help="The Dockerfile's BASE_IMAGE, such as a mirror's.", show_default=False)
]


@app.command()
def assemble(environment: EnvironmentOption) -> None:
    """Write the templates and policies to be deployed into build/."""
    from ops.cloud import assembly, registry  # noqa: PLC0415

    deployment = _deployment(environment)
    image = f"{registry.repository_uri(deployment)}:{registry.content_tag(deployment.repository)}"
    definition = assembly.assemble(deployment, image)
    for path in deployment.write(deployment.repository.build, definition):
        console.print(str(path.relative_to(deployment.repository.root)), soft_wrap=True, markup=False)


@app.command()
def bootstrap(  # noqa: PLR0913  one parameter for each option
    environment: EnvironmentOption,
    *,
    github_owner_id: Annotated[
        int | None, typer.Option(help="The id of the repository's owner; default: gh asks.", show_default=False)
    ] = None,
    github_repository_id: Annotated[
        int | None, typer.Option(help="The id of the repository; default: gh asks.", show_default=False)
    ] = None,
    classic_subject: Annotated[
        bool, typer.Option("--classic-subject", help="A repository from before 2026-07-15: no ids.")
    ] = False,
    no_github: Annotated[bool, typer.Option("--no-github", help="Make no role for GitHub Actions.")] = False,
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Make nothing; write what would be made to this file.", show_default=False),
    ] = None,
    leave: Annotated[
        list[Shared],
        typer.Option(
            metavar="|".join(Shared),
            help="With --plan: what another model's bootstrap makes, if there is none; may be repeated.",
        ),
    ] = [],  # noqa: B006  typer copies it
    apply: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Make what --plan wrote, without a question.", show_default=False),
    ] = None,
    discard: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Forget what --plan wrote.", show_default=False)
    ] = None,
    yes: YesOption = False,
) -> None:
    """Make the registry, bucket and roles, once, as an administrator."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import bootstrap as verb  # noqa: PLC0415

    if sum(path is not None for path in (plan, apply, discard)) > 1:
        message = "--plan, --apply and --discard are three steps: give one of them."
        raise OpsError(message)
    if leave and plan is None:
        message = "--leave is for --plan, by which many models are bootstrapped together: give both or neither."
        raise OpsError(message)
    if (github_owner_id is None) != (github_repository_id is None):
        message = "--github-owner-id and --github-repository-id belong together: give both or neither."
        raise OpsError(message)
    deployment = _deployment(environment)
    planned = apply or discard
    if planned or no_github or deployment.parameters.deploy_role:
        subject = None
    elif classic_subject:
        subject = deployment.github_subject(None)
    elif github_owner_id is not None:
        subject = deployment.github_subject((github_owner_id, github_repository_id))
    else:
        subject = deployment.github_subject(verb.repository_ids(deployment))
    with aws.connect(deployment.parameters, environment) as account:
        if apply:
            verb.apply(account, deployment, console, apply)
        elif discard:
            verb.discard(account, deployment, console, discard)
        elif plan:
            verb.plan(account, deployment, console, subject=subject, leave=leave, path=plan)
        else:
            verb.run(account, deployment, console, subject=subject, yes=yes)


@app.command()
def build(
    environment: EnvironmentOption,
    *,
    push: Annotated[bool, typer.Option("--push", help="Bring it into the environment's registry.")] = False,
    base_image: BaseImageOption = None,
) -> None:
    """Build the model's image, and push it if asked to."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import build as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    if not push:
        verb.run(deployment, console, base_image=base_image)
        return
    with aws.connect(deployment.parameters, environment) as account:
        verb.push(account, deployment, console, base_image=base_image)


@app.command()
def promote(
    source: Annotated[str, typer.Option("--from", help="The environment that has the image.", show_default=False)],
    target: Annotated[str, typer.Option("--to", help="The environment that gets it.", show_default=False)],
    image: Annotated[
        str, typer.Option(metavar="URI@DIGEST", help="The image, as `ops build --push` printed it.", show_default=False)
    ],
) -> None:
    """Copy an image to another environment, with its digest."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import promote as verb  # noqa: PLC0415

    origin, deployment = _deployment(source), _deployment(target)
    with aws.connect(deployment.parameters, target) as account:
        verb.run(account, origin, deployment, console, image=image)


@app.command()
def deploy(
    environment: EnvironmentOption,
    *,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="URI@DIGEST",
            help="The image; default: that of the present content, else the deployed one.",
            show_default=False,
        ),
    ] = None,
    yes: YesOption = False,
) -> None:
    """Deploy the workflow; a failure is rolled back."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import deploy as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        verb.run(account, deployment, console, image=image, yes=yes)


@app.command()
def execute(
    environment: EnvironmentOption,
    assignments: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Replace a parameter; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    *,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Start it, and do not follow it.")] = False,
) -> None:
    """Start the deployed workflow, and follow it."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import execute as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        code = verb.run(account, deployment, console, assignments=assignments, wait=not no_wait)
    raise typer.Exit(code)


@app.command()
def status(environment: EnvironmentOption) -> None:
    """Show what is deployed, and how its last executions ended."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import status as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        verb.run(account, deployment, console)


@app.command()
def logs(
    environment: EnvironmentOption,
    execution: Annotated[
        str | None, typer.Option(help="The name of the execution; default: the newest.", show_default=False)
    ] = None,
    step: Annotated[str | None, typer.Option(help="This step's job only.", metavar="|".join(STEPS))] = None,
) -> None:
    """Print what the jobs of an execution printed."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import logs as verb  # noqa: PLC0415

    _check_step(step)
    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        verb.run(account, deployment, console, name=execution, step=step)


@app.command()
def rollback(
    environment: EnvironmentOption,
    version: Annotated[
        int | None, typer.Option(help="The version's number; default: the one before.", show_default=False)
    ] = None,
) -> None:
    """Go back to a version that was deployed before."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import rollback as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        verb.run(account, deployment, console, version=version)


@app.command()
def destroy(
    environment: EnvironmentOption,
    *,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Delete the bucket, the images and the logs, too.")
    ] = False,
) -> None:
    """Delete an environment; its data stays unless told otherwise."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import destroy as verb  # noqa: PLC0415

    deployment = _deployment(environment)
    with aws.connect(deployment.parameters, environment) as account:
        verb.run(account, deployment, console, delete_data=delete_data)


@app.command()
def doctor(
    environment: Annotated[
        str | None, typer.Option("--env", help="Check this environment on AWS, too.", show_default=False)
    ] = None,
) -> None:
    """Check the tools, the repository and an environment."""
    from ops import aws  # noqa: PLC0415
    from ops.cloud import doctor as verb  # noqa: PLC0415

    repository = Repository.find()
    faults = verb.show(verb.local(repository), console)
    if environment is not None:
        deployment = _deployment(environment)
        with aws.connect(deployment.parameters, environment) as account:
            faults += verb.show(verb.environment(account, deployment), console)
    if faults:
        _fail(f"{faults} fault{'s' if faults > 1 else ''} found: mend what is named above.")


@app.command()
def update(
    version: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="VERSION", help="A version of the template; default: the newest.", show_default=False
        ),
    ] = None,
    data: Annotated[
        list[str], typer.Option("--data", metavar="QUESTION=ANSWER", help="Change an answer; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
) -> None:
    """Take over a newer version of the template, and compare the outputs on the sample. Conflicts: exit code 3."""
    from ops.update import run as verb  # noqa: PLC0415

    raise typer.Exit(verb.run(Repository.find(), console, version=version, data=data))


def _deployment(environment: str) -> "Deployment":
    from ops.infrastructure import Deployment  # noqa: PLC0415
    from ops.parameters import check_environment  # noqa: PLC0415

    check_environment(environment)
    return Deployment.load(Repository.find(), environment)


def _check_step(step: str | None) -> None:
    if step is not None and step not in STEPS:
        message = f"--step {step} is no step of the workflow: name one of {', '.join(STEPS)}."
        raise OpsError(message)


def _fail(sentence: str, code: int = 1) -> None:
    errors.print(f"[bold red]error:[/] {escape(sentence)}")
    sys.exit(code)
