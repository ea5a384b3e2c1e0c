"""Docker, Podman, Finch or Buildah: whichever of them is there builds the inference image and runs it."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import BinaryIO

from ops.errors import OpsError

PLATFORM = "linux/amd64"
"""What SageMaker's processing instances run. A machine with another processor, such as Apple silicon, emulates it."""

GRACE = 10
"""Seconds between the request to end and the end by force: the default of the four engines."""

_ANSWER = 20
"""Seconds that an engine has to say whether it works: the client of a daemon out of reach would wait for minutes."""

_REASON = re.compile(r"(?:#\d+ )?(?:\d+\.\d+ )?(?P<reason>(?:E|error): .+)", re.IGNORECASE)
# Where the Dockerfile's own base image comes from.
_REGISTRY = re.compile(r"^ARG BASE_IMAGE=([^/\s]+)/", re.MULTILINE)
_EXIT_STATUS = re.compile(r"exit (?:status|code):? \d+$")
# What the engines separate the parts of an option by.
_CSV = ',"'
_COLON = ":"


@dataclass(frozen=True)
class Engine:
    """A container engine with Docker's command line."""

    name: str
    build_options: tuple[str, ...] = ()
    run_options: tuple[str, ...] = ()

    def fault(self) -> str | None:
        """Return why the engine cannot be used, or None."""
        if which(self.name) is None:
            return "not installed"
        try:
            answer = _call(self.name, "info", timeout=_ANSWER)
        except subprocess.TimeoutExpired:
            return f"no answer within {_ANSWER} seconds"
        return None if answer.returncode == 0 else _reason(answer.stderr)

    def build(
        self, context: Path, tag: str, *, log: Path, base_image: str | None = None, pip_config: Path | None = None
    ) -> None:
        """Build the image of the Dockerfile in `context`.

        Args:
            context: the folder with the Dockerfile.
            tag: the image's name.
            log: where the engine's messages go; replaced.
            base_image: replaces the Dockerfile's base image.
            pip_config: a pip.conf, for a private package index; it gets into no layer of the image.

        Raises:
            OpsError: the image cannot be built.
        """
        options = ["--platform", PLATFORM, "--tag", tag, "--file", str(context / "Dockerfile"), *self.build_options]
        if base_image:
            options += ["--build-arg", f"BASE_IMAGE={base_image}"]
        if pip_config:
            options += ["--secret", f"id=pip_conf,src={_plain(pip_config, _CSV)}"]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            built = subprocess.run(  # noqa: S603  the engine's own command
                [self.name, "build", *options, str(context)],
                check=False,
                # Docker before 23 mounts secrets in BuildKit only. SageMaker may reject an image with attestations.
                env={**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        if built.returncode:
            reason = _reason(log.read_text(encoding="utf-8", errors="replace"))
            registries = _REGISTRY.findall((context / "Dockerfile").read_text(encoding="utf-8"))
            out_of_reach = not base_image and any(registry in reason for registry in registries)
            hint = " Name another base with --base-image, such as a mirror's." if out_of_reach else ""
            message = f"{self.name} could not build {tag}: {reason.rstrip('.')}.{hint} The whole log is in {log}."
            raise OpsError(message)

    @contextlib.contextmanager
    def logged_in(self, registry: str, user: str, password: str) -> Iterator[None]:
        """Let the engine at a registry for a while; the password gets onto no command line, and is forgotten after.

        Raises:
            OpsError: the registry refuses it.
        """
        answer = _call(self.name, "login", "--username", user, "--password-stdin", registry, stdin=password)
        if answer.returncode:
            message = f"{self.name} could not log in to {registry}: {_reason(answer.stderr).rstrip('.')}."
            raise OpsError(message)
        try:
            yield
        finally:
            _call(self.name, "logout", registry)

    def push(self, tag: str) -> None:
        """Push an image to the registry that its name begins with.

        Raises:
            OpsError: it cannot be pushed.
        """
        answer = _call(self.name, "push", tag)
        if answer.returncode:
            message = f"{self.name} could not push {tag}: {_reason(answer.stderr or answer.stdout).rstrip('.')}."
            raise OpsError(message)

    def run(
        self,
        tag: str,
        command: Sequence[str],
        *,
        mounts: Mapping[Path, str],
        environment: Mapping[str, str],
        log: BinaryIO,
    ) -> "Container":
        """Run a command in a new container, and remove the container when it ends.

        Args:
            tag: an image of this machine; none is pulled.
            command: takes the place of the image's entry point.
            mounts: folders of this machine, and where the container sees them.
            environment: all that is added to the image's variables; of this machine's none gets in.
            log: where the command's standard output and error go.

        Raises:
            OpsError: the container cannot be made.
        """
        name = _unique_name()
        program, *arguments = command
        volumes = _volumes(mounts)
        options = ["--name", name, "--rm", "--pull", "never", "--platform", PLATFORM, *self.run_options, *volumes]
        client = _start(
            self.name, "run", *options, *_variables(environment), "--entrypoint", program, tag, *arguments, log=log
        )

        def stop() -> None:
            _call(self.name, "stop", "-t", str(GRACE), name)

        def hand_over() -> None:
            # On Linux, what root writes into a mounted folder belongs to root; the user could not delete it.
            if (owner := _owner_to_restore(mounts)) is None:
                return
            change = ["--entrypoint", "chown", tag, "-hR", owner, *mounts.values()]
            options = ["--rm", "--pull", "never", "--platform", PLATFORM, "--user", "0", *self.run_options, *volumes]
            changed = _call(self.name, "run", *options, *change)
            if changed.returncode:
                folders = shlex.join(map(str, mounts))
                message = (
                    f"{self.name} left files in {folders} that belong to root, and could not change that: "
                    f"{_reason(changed.stderr)}. Run `sudo chown -R {owner} {folders}`."
                )
                raise OpsError(message)

        return Container(client, stop=stop, clean_up=hand_over)


class Buildah(Engine):
    """Buildah, which runs a command in a working container, and ends it without asking it first (in a chroot)."""

    def run(
        self,
        tag: str,
        command: Sequence[str],
        *,
        mounts: Mapping[Path, str],
        environment: Mapping[str, str],
        log: BinaryIO,
    ) -> "Container":
        """See `Engine.run`."""
        name, volumes = _unique_name(), _volumes(mounts)
        made = _call(self.name, "from", "--pull-never", "--platform", PLATFORM, *self.run_options, "--name", name, tag)
        if made.returncode:
            message = f"{self.name} could not make a container of {tag}: {_reason(made.stderr)}."
            raise OpsError(message)
        client = _start(self.name, "run", *volumes, *_variables(environment), name, "--", *_IN_ORDER, *command, log=log)

        def remove() -> None:
            _call(self.name, "rm", name)

        return Container(client, stop=client.terminate, clean_up=remove)


class Container:
    """A container that runs: the engine's client stands for it, and ends with its exit code."""

    def __init__(
        self, client: "subprocess.Popen[bytes]", *, stop: Callable[[], None], clean_up: Callable[[], None]
    ) -> None:
        """Take over a client that has started; `stop` ends its container, `clean_up` comes when it has ended."""
        self._client = client
        self._stop = stop
        self._clean_up: Callable[[], None] | None = clean_up
        self._ending = threading.Lock()

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise `subprocess.TimeoutExpired` if it still runs after `timeout` seconds.

        Raises:
            OpsError: it ended, and its files cannot be handed over to the user.
        """
        code = self._client.wait(timeout)
        with self._ending:
            clean_up, self._clean_up = self._clean_up, None
            if clean_up:
                clean_up()
        return code

    def stop(self) -> None:
        """End the container: by SIGTERM, and by SIGKILL if it still runs after `GRACE` seconds."""
        for _ in range(GRACE):
            if self._client.poll() is not None:
                break
            # Again and again: the client may not have created the container yet, and then nothing is stopped.
            self._stop()
            try:
                self._client.wait(1)
            except subprocess.TimeoutExpired:
                continue
        else:
            self._client.kill()
        self.wait()


# Buildah would mix the lines of standard output and error in any order.
_IN_ORDER = ("sh", "-c", 'exec "$@" 2>&1', "sh")

# SELinux lets a container at files with a container's label only, and such a label would stay on the user's files.
_UNLABELLED = ("--security-opt", "label=disable")
# The address of a proxy may hold a password; and on SageMaker there is no such proxy.
_NO_PROXY = "--http-proxy=false"

DOCKER = Engine("docker", run_options=_UNLABELLED)
PODMAN = Engine("podman", run_options=(*_UNLABELLED, _NO_PROXY))
FINCH = Engine("finch")
BUILDAH = Buildah("buildah", build_options=("--layers", "--force-rm"), run_options=(*_UNLABELLED, _NO_PROXY))
ENGINES = (DOCKER, PODMAN, FINCH, BUILDAH)
"""In the order of preference."""


def find() -> Engine:
    """Return the first engine that is installed and works.

    Raises:
        OpsError: there is none.
    """
    faults = {}
    for engine in ENGINES:
        fault = engine.fault()
        if fault is None:
            return engine
        faults[engine.name] = fault
    found = "; ".join(f"{name}: {fault.rstrip('.')}" for name, fault in faults.items())
    message = (
        f"No container engine works here ({found}). "
        "Install or start Docker, Podman, Finch or Buildah; without --container, `ops run` needs none."
    )
    raise OpsError(message)


def pip_configuration() -> Path | None:
    """Return the file that pip's own variable names: a private index of this machine is the build's, too.

    Raises:
        OpsError: there is no such file.
    """
    named = os.environ.get("PIP_CONFIG_FILE")
    # pip's own way to say that it shall read none.
    if not named or named == os.devnull:
        return None
    if not Path(named).is_file():
        message = f"PIP_CONFIG_FILE names {named}, which is no file: correct the variable, or unset it."
        raise OpsError(message)
    return Path(named)


def _call(*command: str, timeout: float | None = None, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  the engine's own command
        command,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
        input=stdin,
        timeout=timeout,
    )


def _start(*command: str, log: BinaryIO) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  the engine's own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # The terminal's Ctrl-C goes to ops, which stops the container.
        start_new_session=True,
    )


def _unique_name() -> str:
    return f"ops-{uuid.uuid4().hex[:12]}"


def _volumes(mounts: Mapping[Path, str]) -> list[str]:
    return [f"--volume={_plain(folder, _COLON)}:{target}" for folder, target in mounts.items()]


def _variables(environment: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in environment.items()]


def _plain(path: Path, separators: str) -> Path:
    """Return the absolute path, which may hold none of the separators, but for the colon of a Windows drive."""
    path = path.absolute()
    if any(separator in str(path.relative_to(path.anchor)) for separator in separators):
        message = f"Container engines cannot take {path}: move it to a path without {' and '.join(separators)}."
        raise OpsError(message)
    return path


def _owner_to_restore(mounts: Mapping[Path, str]) -> str | None:
    """Return `uid:gid` of the user if the folders hold what belongs to somebody else, which root need not change."""
    if sys.platform == "win32" or (user := os.getuid()) == 0:
        return None
    paths = (path for folder in mounts for path in (folder, *folder.rglob("*")))
    return f"{user}:{os.getgid()}" if any(path.lstat().st_uid != user for path in paths) else None


def _reason(output: str) -> str:
    """Return the line that tells why: the last error that is more than the exit status of a command."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reasons = [match["reason"] for line in lines if (match := _REASON.match(line)) and not _EXIT_STATUS.search(line)]
    return (reasons or lines or ["it gave no reason"])[-1]
