"""Images: their tag, building, pushing and promoting them, with executables in the place of the engines."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

from collections.abc import Callable
from pathlib import Path

import pytest
from ops.aws import Account
from ops.cloud import build, promote, registry
from ops.containers import Engine
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
Push = Callable[..., str]
Install = Callable[..., None]
Calls = Callable[[], list[list[str]]]


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """GitHub's file for the outputs of a step."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    return tmp_path / "output"


@pytest.mark.parametrize(
    "name", ["Dockerfile", "requirements.txt", "packages.txt", "src/predict.py", "model/weights.json"]
)
def test_the_tag_is_a_hash_of_all_that_goes_into_the_image(make_deployment: Make, name: str) -> None:
    repository = make_deployment().repository
    before = registry.content_tag(repository)
    (repository.root / "README.md").write_text("not in the image")
    assert registry.content_tag(repository) == before
    assert registry.content_tag(repository, "mirror/python:3.11") not in {before, registry.content_tag(repository, "x")}
    (repository.root / name).write_text("changed")
    assert registry.content_tag(repository) != before


def test_without_push_the_image_is_built_without_aws(
    make_deployment: Make, install_engine: Install, engine_calls: Calls, console: Console, output: Path
) -> None:
    install_engine("docker")
    name = build.run(make_deployment(), console, base_image=None)
    assert name.startswith("123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev:")
    assert [call[1] for call in engine_calls()] == ["info", "build"]
    assert not output.exists()


@pytest.mark.usefixtures("engines")
def test_an_image_of_the_same_content_is_not_built_again(
    account: Account, make_deployment: Make, push: Push, console: Console, output: Path
) -> None:
    uri = push(make_deployment())
    # No engine is there.
    assert build.push(account, make_deployment(), console, base_image=None) == uri
    assert output.read_text("utf-8") == f"image={uri}\n"


def test_a_push_logs_in_for_as_long_as_it_lasts_and_publishes_the_digest(
    account: Account,
    make_deployment: Make,
    push: Push,
    install_engine: Install,
    engine_calls: Calls,
    console: Console,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    push(make_deployment(), "another")
    install_engine("podman", login="cat > /dev/null")
    engine_push = Engine.push

    def pushed(engine: Engine, tag: str) -> None:
        engine_push(engine, tag)
        push(make_deployment())

    monkeypatch.setattr(Engine, "push", pushed)
    uri = build.push(account, make_deployment(), console, base_image=None)
    assert output.read_text("utf-8") == f"image={uri}\n"
    calls = [call[1:] for call in engine_calls() if call[0] == "podman"]
    assert [call[0] for call in calls] == ["info", "build", "login", "push", "logout"]
    assert calls[2] == ["login", "--username", "AWS", "--password-stdin", uri.partition("/")[0]]


def test_a_build_that_another_one_overtook_takes_its_image(
    account: Account,
    make_deployment: Make,
    push: Push,
    install_engine: Install,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    push(make_deployment(), "another")
    install_engine("docker")

    others: list[str] = []

    def refused(_engine: Engine, _tag: str) -> None:
        others.append(push(make_deployment()))
        message = "the tag is immutable"
        raise OpsError(message)

    monkeypatch.setattr(Engine, "push", refused)
    assert [build.push(account, make_deployment(), console, base_image=None)] == others


def test_a_failed_push_is_a_failure(
    account: Account, make_deployment: Make, push: Push, install_engine: Install, engine_calls: Calls, console: Console
) -> None:
    push(make_deployment(), "another")
    install_engine("docker", push="echo 'denied: no such repository' >&2; exit 1")
    with pytest.raises(OpsError, match=r"docker could not push .*no such repository"):
        build.push(account, make_deployment(), console, base_image=None)
    assert engine_calls()[-1][1] == "logout"


def test_a_promotion_copies_the_digest_and_the_tag(
    account: Account,
    make_deployment: Make,
    push: Push,
    install_engine: Install,
    engine_calls: Calls,
    console: Console,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = make_deployment()
    image = push(source)
    target = make_deployment({"account": account.account}, environment="prod")
    push(target, "another")
    install_engine("skopeo", login="cat > /dev/null")
    call = promote._call  # noqa: SLF001

    def called(*command: str, stdin: str = "") -> None:
        call(*command, stdin=stdin)
        if command[1] == "copy":
            push(target, registry.content_tag(source.repository))

    monkeypatch.setattr(promote, "_call", called)
    uri = promote.run(account, source, target, console, image=image)
    assert uri == f"{registry.repository_uri(target)}@{registry.digest_of(image)}"
    assert output.read_text("utf-8") == f"image={uri}\n"
    *logins, copy = [call[1:] for call in engine_calls()]
    assert all("--password-stdin" in login for login in logins)
    tag = f"{registry.repository_uri(target)}:{registry.content_tag(source.repository)}"
    assert copy[-2:] == [f"docker://{image}", f"docker://{tag}"]
    assert "--preserve-digests" in copy
    # Again: there is nothing to copy.
    calls = len(engine_calls())
    assert promote.run(account, source, target, console, image=image) == uri
    assert len(engine_calls()) == calls


@pytest.mark.usefixtures("engines")
def test_a_promotion_needs_a_tool_and_an_image_of_the_source(
    account: Account, make_deployment: Make, push: Push, console: Console
) -> None:
    source, target = make_deployment(), make_deployment({"account": account.account}, environment="prod")
    image = push(source)
    push(target, "another")
    with pytest.raises(OpsError, match="Neither skopeo nor docker"):
        promote.run(account, source, target, console, image=image)
    with pytest.raises(OpsError, match=r"is not in .*the registry of dev"):
        promote.run(account, source, target, console, image=image.replace("my-model-dev", "another"))
    with pytest.raises(OpsError, match="does not hold"):
        promote.run(account, source, target, console, image=f"{image[:-64]}{'0' * 64}")


def test_a_promotion_that_changes_the_digest_fails(
    account: Account, make_deployment: Make, push: Push, install_engine: Install, engine_calls: Calls, console: Console
) -> None:
    source, target = make_deployment(), make_deployment({"account": account.account}, environment="prod")
    image = push(source)
    push(target, "another")
    install_engine("docker")
    with pytest.raises(OpsError, match=r"but not as sha256:"):
        promote.run(account, source, target, console, image=image)
    assert next(call[:5] for call in engine_calls() if call[1] == "buildx") == [
        "docker",
        "buildx",
        "imagetools",
        "create",
        "--prefer-index=false",
    ]
