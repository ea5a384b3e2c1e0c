"""The engines' own command lines, without an engine; tests/containers builds and runs a real image."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from ops import containers
from ops.containers import BUILDAH, DOCKER, ENGINES, FINCH, PODMAN, Engine
from ops.errors import OpsError

Install = Callable[..., None]
Calls = Callable[[], list[list[str]]]

UNLABELLED = ["--security-opt", "label=disable"]
OWN_OPTIONS = {DOCKER: UNLABELLED, PODMAN: [*UNLABELLED, "--http-proxy=false"], FINCH: []}

# What the engines print when a command in the Dockerfile fails, and when something else does.
BUILDKIT_COMMAND = """\
#8 [5/8] RUN --mount=type=secret,id=pip_conf     PIP_CONFIG_FILE=/run/secrets/pip_conf python3 -m pip install
#8 1.402 ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)
#8 1.403 ERROR: No matching distribution found for nosuch
#8 ERROR: process "/bin/sh -c python3 -m pip install" did not complete successfully: exit code: 1
------
 > [5/8] RUN --mount=type=secret,id=pip_conf     PIP_CONFIG_FILE=/run/secrets/pip_conf python3 -m pip install:
1.403 ERROR: No matching distribution found for nosuch
------
Dockerfile:30
--------------------
  30 | >>> RUN --mount=type=secret,id=pip_conf
--------------------
ERROR: failed to solve: process "/bin/sh -c python3 -m pip install" did not complete successfully: exit code: 1
"""
BUILDKIT_BASE = """\
#3 ERROR: python:2.0: not found
------
 > [internal] load metadata for docker.io/library/python:2.0:
------
ERROR: failed to solve: python:2.0: failed to resolve source metadata: python:2.0: not found
"""
BUILDAH_COMMAND = """\
E: Unable to locate package nosuch
subprocess exited with status 100
Error: building at STEP "RUN set -- $(sed 's/#.*//' packages.txt)": exit status 100
"""
BUILDAH_COPY = """\
STEP 9/11: COPY model/ model/
Error: building at STEP "COPY model/ model/": checking on sources under "/repo": copier: stat: "/model": no such file
"""
NO_SPACE = """\
Writing manifest
no space left on device
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A repository with a Dockerfile."""
    folder = tmp_path / "re po"
    folder.mkdir()
    (folder / "Dockerfile").touch()
    return folder


@pytest.fixture
def ml(tmp_path: Path) -> Path:
    """A folder that stands for /opt/ml."""
    folder = tmp_path / "m l, 1"
    (folder / "output").mkdir(parents=True)
    return folder


def run(engine: Engine, ml: Path, log: Path, **environment: str) -> containers.Container:
    """Run `python3 predict.py --fast` in a container."""
    command = ["python3", "predict.py", "--fast"]
    with log.open("wb") as file:
        return engine.run("m:local", command, mounts={ml: "/opt/ml"}, environment=environment, log=file)


@pytest.mark.parametrize("first", range(len(ENGINES)))
def test_find_takes_the_first_that_is_installed(install_engine: Install, first: int) -> None:
    for engine in ENGINES[first:]:
        install_engine(engine.name)

    assert containers.find() is ENGINES[first]


def test_find_passes_over_a_client_whose_daemon_does_not_answer(install_engine: Install) -> None:
    install_engine("docker", info="exit 1")
    install_engine("buildah")

    assert containers.find() is BUILDAH


def test_find_does_not_wait_for_a_client_that_waits_for_its_daemon(
    install_engine: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_ANSWER", 0.3)
    install_engine("docker", info="exec sleep 60")

    assert DOCKER.fault() == "no answer within 0.3 seconds"


@pytest.mark.usefixtures("engines")
def test_find_says_what_to_install_where_there_is_none() -> None:
    with pytest.raises(OpsError, match=r"Docker, Podman, Finch or Buildah; without --container, .* needs none"):
        containers.find()


def test_find_says_why_what_is_installed_does_not_work(install_engine: Install) -> None:
    install_engine("docker", info="echo 'Cannot connect to the Docker daemon. Is it running?' >&2; exit 1")

    with pytest.raises(OpsError, match=r"docker: Cannot connect .* running\?; podman: not installed"):
        containers.find()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_build_names_platform_tag_and_dockerfile(
    install_engine: Install, engine_calls: Calls, context: Path, tmp_path: Path, engine: Engine
) -> None:
    install_engine(engine.name)

    engine.build(context, "m:local", log=tmp_path / "build" / "log")

    own = ["--layers", "--force-rm"] if engine is BUILDAH else []  # what the others do anyway
    options = ["--platform", "linux/amd64", "--tag", "m:local", "--file", str(context / "Dockerfile"), *own]
    assert engine_calls() == [[engine.name, "build", *options, str(context)]]


def test_build_takes_another_base_and_a_secret(
    install_engine: Install, engine_calls: Calls, context: Path, tmp_path: Path
) -> None:
    install_engine("podman")
    pip_config = tmp_path / "pip.conf"

    PODMAN.build(context, "m:local", base_image="mirror/python:3.8", pip_config=pip_config, log=tmp_path / "log")

    ((*_, base, base_value, secret, secret_value, _),) = engine_calls()
    assert [base, base_value] == ["--build-arg", "BASE_IMAGE=mirror/python:3.8"]
    assert [secret, secret_value] == ["--secret", f"id=pip_conf,src={pip_config}"]


def test_build_makes_docker_mount_secrets_and_attest_nothing(
    install_engine: Install, context: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    install_engine("docker", build="echo $DOCKER_BUILDKIT $BUILDX_NO_DEFAULT_ATTESTATIONS")

    DOCKER.build(context, "m:local", log=log)

    assert log.read_text(encoding="utf-8") == "1 1\n"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (BUILDKIT_COMMAND, "ERROR: No matching distribution found for nosuch"),
        (BUILDKIT_BASE, "ERROR: failed to solve: python:2.0: failed to resolve source metadata: python:2.0: not found"),
        (BUILDAH_COMMAND, "E: Unable to locate package nosuch"),
        (BUILDAH_COPY, BUILDAH_COPY.splitlines()[-1]),
        (NO_SPACE, "no space left on device"),
        ("", "it gave no reason"),
    ],
    ids=["buildkit-command", "buildkit-base", "buildah-command", "buildah-copy", "no-error-line", "silence"],
)
def test_build_failure_gives_the_line_that_tells_why(
    install_engine: Install, context: Path, tmp_path: Path, output: str, reason: str
) -> None:
    (tmp_path / "printed").write_text(output, encoding="utf-8")
    install_engine("docker", build=f"cat {tmp_path}/printed >&2; exit 1")
    log = tmp_path / "build.log"

    with pytest.raises(OpsError) as fault:
        DOCKER.build(context, "m:local", log=log)

    assert str(fault.value) == f"docker could not build m:local: {reason}. The whole log is in {log}."
    assert log.read_text(encoding="utf-8") == output


@pytest.mark.parametrize(("base_image", "hint"), [(None, True), ("public.ecr.aws/mirror/python", False)])
def test_build_failure_for_want_of_the_base_image_names_the_option(
    install_engine: Install, context: Path, tmp_path: Path, base_image: str | None, *, hint: bool
) -> None:
    (context / "Dockerfile").write_text("ARG BASE_IMAGE=public.ecr.aws/docker/library/python:3.11\n", encoding="utf-8")
    install_engine(
        "podman", build="echo 'Error: pinging container registry public.ecr.aws: no such host' >&2; exit 125"
    )

    with pytest.raises(OpsError) as fault:
        PODMAN.build(context, "m:local", log=tmp_path / "log", base_image=base_image)

    assert ("no such host. Name another base with --base-image, such as a mirror's. The" in str(fault.value)) == hint


def test_build_refuses_a_path_that_the_secret_option_cannot_express(
    install_engine: Install, engine_calls: Calls, context: Path, tmp_path: Path
) -> None:
    install_engine("docker")

    with pytest.raises(OpsError, match=r"cannot take .*a,b/pip.conf: move it to a path without , and "):
        DOCKER.build(context, "m:local", pip_config=tmp_path / "a,b" / "pip.conf", log=tmp_path / "log")

    assert engine_calls() == []


@pytest.mark.parametrize("engine", OWN_OPTIONS, ids=lambda engine: engine.name)
def test_run_replaces_the_entry_point(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path, engine: Engine
) -> None:
    install_engine(engine.name)

    assert run(engine, ml, tmp_path / "log", TEXT="a b\n'c'").wait() == 0

    (call,) = engine_calls()
    options = ["--name", call[3], "--rm", "--pull", "never", "--platform", "linux/amd64", *OWN_OPTIONS[engine]]
    given = [f"--volume={ml}:/opt/ml", "--env=TEXT=a b\n'c'"]
    command = ["--entrypoint", "python3", "m:local", "predict.py", "--fast"]
    assert call == [engine.name, "run", *options, *given, *command]


def test_run_by_buildah_makes_and_removes_a_working_container(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    install_engine("buildah")

    container = run(BUILDAH, ml, tmp_path / "log", A="1")
    assert container.wait() == container.wait() == 0

    made, ran, removed = engine_calls()
    name = made[-2]
    options = ["--platform", "linux/amd64", *UNLABELLED, "--http-proxy=false"]
    assert made == ["buildah", "from", "--pull-never", *options, "--name", name, "m:local"]
    given = [f"--volume={ml}:/opt/ml", "--env=A=1"]
    in_order = ["sh", "-c", 'exec "$@" 2>&1', "sh"]
    assert ran == ["buildah", "run", *given, name, "--", *in_order, "python3", "predict.py", "--fast"]
    assert removed == ["buildah", "rm", name]


def test_run_by_buildah_refuses_an_image_that_is_not_there(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    install_engine("buildah", **{"from": "echo 'Error: m:local: image not known' >&2; exit 125"})

    with pytest.raises(OpsError, match="buildah could not make a container of m:local: Error: m:local: image not"):
        run(BUILDAH, ml, tmp_path / "log")

    assert [call[1] for call in engine_calls()] == ["from"]


@pytest.mark.parametrize("engine", [DOCKER, BUILDAH], ids=["docker", "buildah"])
def test_run_gives_the_exit_code_and_both_streams(
    install_engine: Install, ml: Path, tmp_path: Path, engine: Engine
) -> None:
    install_engine(engine.name, run="echo out; echo err >&2; exit 3")
    log = tmp_path / "log"

    assert run(engine, ml, log).wait() == 3
    assert log.read_text(encoding="utf-8") == "out\nerr\n"


def test_run_refuses_a_path_that_the_volume_option_cannot_express(
    install_engine: Install, engine_calls: Calls, tmp_path: Path
) -> None:
    install_engine("docker")

    with pytest.raises(OpsError, match=r"cannot take .*12:30: move it to a path without :"):
        run(DOCKER, tmp_path / "12:30", tmp_path / "log")

    assert engine_calls() == []


def test_wait_ends_after_the_timeout_without_ending_the_container(
    install_engine: Install, ml: Path, tmp_path: Path
) -> None:
    install_engine("docker", run=f"while [ ! -e {tmp_path}/stopped ]; do sleep 0.05; done")
    container = run(DOCKER, ml, tmp_path / "log")

    with pytest.raises(subprocess.TimeoutExpired):
        container.wait(0.1)

    (tmp_path / "stopped").touch()
    assert container.wait() == 0


def test_stop_goes_to_the_engine_with_the_containers_name(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    running = f"touch {tmp_path}/started; while [ ! -e {tmp_path}/stopped ]; do sleep 0.05; done; exit 143"
    install_engine("docker", run=running, stop=f"touch {tmp_path}/stopped")
    container = run(DOCKER, ml, tmp_path / "log")

    container.stop()

    calls = [call for call in engine_calls() if call[1] == "stop"]
    (created,) = [call for call in engine_calls() if call[1] == "run"]
    assert calls == [["docker", "stop", "-t", "10", created[3]]]
    assert container.wait() == 143


def test_stop_is_repeated_until_the_container_has_been_created(
    install_engine: Install, ml: Path, tmp_path: Path
) -> None:
    once = dedent(f"""\
        if [ -e {tmp_path}/asked ]; then touch {tmp_path}/stopped; else touch {tmp_path}/asked; exit 1; fi
    """)
    running = f"while [ ! -e {tmp_path}/stopped ]; do sleep 0.05; done; exit 143"
    install_engine("docker", run=running, stop=once)
    container = run(DOCKER, ml, tmp_path / "log")

    container.stop()

    assert container.wait() == 143


def test_stop_by_buildah_ends_the_command_and_removes_the_container(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    install_engine("buildah", run="exec sleep 60")
    container = run(BUILDAH, ml, tmp_path / "log")

    container.stop()

    assert container.wait() != 0
    assert engine_calls()[-1][1] == "rm"


def test_stop_leaves_a_container_alone_that_ended(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    install_engine("docker")
    container = run(DOCKER, ml, tmp_path / "log")
    container.wait()

    container.stop()

    assert [call[1] for call in engine_calls()] == ["run"]


@pytest.fixture
def _foreign_files(ml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in /opt/ml that are not the user's."""
    (ml / "output" / "message").touch()
    monkeypatch.setattr(os, "getuid", lambda: ml.stat().st_uid + 1)
    monkeypatch.setattr(os, "getgid", lambda: 100)


@pytest.mark.usefixtures("_foreign_files")
def test_what_root_wrote_is_handed_over_to_the_user(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path
) -> None:
    install_engine("docker")

    run(DOCKER, ml, tmp_path / "log").wait()

    _, call = engine_calls()
    options = ["--rm", "--pull", "never", "--platform", "linux/amd64", "--user", "0", *UNLABELLED]
    change = ["--entrypoint", "chown", "m:local", "-hR", f"{os.getuid()}:100", "/opt/ml"]
    assert call == ["docker", "run", *options, f"--volume={ml}:/opt/ml", *change]


def test_what_the_user_owns_is_not_handed_over(
    install_engine: Install, engine_calls: Calls, ml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:  # to whom it would not matter whose the files are
        for path in (ml, ml / "output"):
            os.chown(path, 1000, 100)
    monkeypatch.setattr(os, "getuid", lambda: ml.stat().st_uid)
    install_engine("docker")

    run(DOCKER, ml, tmp_path / "log").wait()

    assert len(engine_calls()) == 1


@pytest.mark.usefixtures("_foreign_files")
def test_handing_over_fails_with_the_command_that_helps(install_engine: Install, ml: Path, tmp_path: Path) -> None:
    install_engine("docker", run="""echo 'exec: "chown": not found' >&2; exit 127""")
    owner = f"{os.getuid()}:100"

    with pytest.raises(OpsError, match=rf"not found\. Run `sudo chown -R {owner} '{ml}'`\."):
        run(DOCKER, ml, tmp_path / "log").wait()


@pytest.mark.parametrize("named", ["", os.devnull])
def test_pip_may_be_told_to_read_no_configuration(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", named)

    assert containers.pip_configuration() is None
