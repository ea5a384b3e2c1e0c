"""Docker and skopeo, as far as deliveries notice: an image is its manifest, and a registry one of Amazon ECR."""

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from runner.forwarding import Call

_IMAGE = re.compile(
    r"(?P<host>(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com)/"
    r"(?P<repository>[a-z0-9-]+)(?::(?P<tag>[\w.-]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)

_DOCKER = "application/vnd.docker"

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


@dataclass
class Engines:
    """The engines of a machine, which know the options that ops gives them and no other.

    Attributes:
        registry: returns a client of ECR for an account.
        calls: the command lines so far.
    """

    registry: Callable[[str], Any]
    calls: list[list[str]] = field(default_factory=list)
    _images: dict[str, str] = field(default_factory=dict)
    _logins: set[tuple[str, str]] = field(default_factory=set)

    def docker(self, call: Call) -> None:
        """Execute `docker`."""
        self.calls.append(["docker", *call.arguments])
        parser = argparse.ArgumentParser("docker")
        commands = parser.add_subparsers(required=True)
        commands.add_parser("info").set_defaults(do=lambda _: None)
        build = _command(commands, "build", self._build, "platform", "tag", "file")
        build.add_argument("--secret")
        build.add_argument("context", type=Path)
        _command(commands, "push", self._push).add_argument("image")
        self._add_login(commands, call)
        logout = _command(commands, "logout", lambda given: self._logins.discard(("", given.host)))
        logout.add_argument("host")
        _execute(parser, call)

    def skopeo(self, call: Call) -> None:
        """Execute `skopeo`."""
        self.calls.append(["skopeo", *call.arguments])
        parser = argparse.ArgumentParser("skopeo")
        commands = parser.add_subparsers(required=True)
        self._add_login(commands, call, "authfile")
        copy = _command(commands, "copy", self._copy, "authfile")
        for option in ("--all", "--preserve-digests"):
            copy.add_argument(option, action="store_true", required=True)
        copy.add_argument("source")
        copy.add_argument("target")
        _execute(parser, call)

    def _add_login(self, commands: _Commands, call: Call, *options: str) -> None:
        login = _command(commands, "login", lambda given: self._login(given, call.stdin), "username", *options)
        login.add_argument("--password-stdin", action="store_true", required=True)
        login.add_argument("host")

    def _build(self, given: argparse.Namespace) -> None:
        if not Path(given.file).is_file():
            sys.exit(f"ERROR: {given.file}: no such file")
        # No two builds give the same image, be it of the same content.
        digest = f"sha256:{len(self.calls):064x}"
        config = {"mediaType": f"{_DOCKER}.container.image.v1+json", "size": 2, "digest": digest}
        # moto's digest of an image is that of its layers' digests.
        layers = [{"mediaType": f"{_DOCKER}.image.rootfs.diff.tar.gzip", "size": 2, "digest": digest}]
        media_type = f"{_DOCKER}.distribution.manifest.v2+json"
        manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
        self._images[given.tag] = json.dumps(manifest)

    def _login(self, given: argparse.Namespace, password: str) -> None:
        # As moto hands them out.
        if given.username != "AWS" or not re.fullmatch(r"\d{12}-auth-token", password):
            sys.exit("Error: 401 Unauthorized")
        self._logins.add((getattr(given, "authfile", ""), given.host))

    def _push(self, given: argparse.Namespace) -> None:
        if given.image not in self._images:
            sys.exit(f"An image does not exist locally with the tag: {given.image}")
        self._put(given.image, self._images[given.image], authentication="")

    def _copy(self, given: argparse.Namespace) -> None:
        source, target = (name.removeprefix("docker://") for name in (given.source, given.target))
        self._put(target, self._manifest(source, given.authfile), given.authfile)

    def _manifest(self, image: str, authentication: str) -> str:
        name, place = self._reach(image, authentication)
        wanted = {"imageDigest": name["digest"]} if name["digest"] else {"imageTag": name["tag"]}
        answer = place.batch_get_image(repositoryName=name["repository"], imageIds=[wanted])
        if not answer["images"]:
            sys.exit(f"manifest unknown: {image}")
        return str(answer["images"][0]["imageManifest"])

    def _put(self, image: str, manifest: str, authentication: str) -> None:
        name, place = self._reach(image, authentication)
        try:
            place.put_image(repositoryName=name["repository"], imageManifest=manifest, imageTag=name["tag"])
        except ClientError as error:
            sys.exit(str(error))

    def _reach(self, image: str, authentication: str) -> tuple[re.Match[str], Any]:
        name = _IMAGE.fullmatch(image)
        if not name:
            sys.exit(f"invalid reference format: {image}")
        if (authentication, name["host"]) not in self._logins:
            sys.exit("no basic auth credentials")
        return name, self.registry(name["account"])


def _command(
    commands: _Commands, verb: str, do: Callable[[argparse.Namespace], None], *options: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(verb, allow_abbrev=False)
    for option in options:
        parser.add_argument(f"--{option}", required=True)
    parser.set_defaults(do=do)
    return parser


def _execute(parser: argparse.ArgumentParser, call: Call) -> None:
    given = parser.parse_args(call.arguments)
    given.do(given)
