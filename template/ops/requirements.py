"""`requirements.txt`: what pip installs into the model's own image, and uv into the environment that stands for it."""

import codecs
import re

from ops.errors import OpsError
from ops.repository import Repository

_INCLUDE = re.compile(r"-[rc]|--(requirement|constraint)\b")
# What comes before an address or a path; without it, the path itself is the requirement.
_PREFIX = re.compile(r"(-e|--editable|-f|--find-links)\b[ =]*|[\w.-]+ *(\[[^]]*\])? *@ *")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def read(repository: Repository) -> list[str]:
    """Return the lines of requirements.txt that are neither empty nor a comment.

    Raises:
        OpsError: it is missing or no text, or names a file: pip finds none but this one while the image is built.
    """
    path = repository.requirements
    try:
        content = path.read_bytes()
    except OSError:
        message = f"{path} cannot be read: the image needs it, write one (it may be empty)."
        raise OpsError(message) from None
    # Like pip and uv: PowerShell's `pip freeze > requirements.txt` writes UTF-16.
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        message = f"{path}:{number} is not UTF-8, which pip expects in the image: save the file as UTF-8."
        raise OpsError(message) from None
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    for line in lines:
        if _INCLUDE.match(line):
            message = f"{path}: `{line}` names a file that the image does not hold: write its lines into {path.name}."
            raise OpsError(message)
        if _is_local(line):
            message = (
                f"{path}: `{line}` names a path that the image does not hold: write the name and the release of the "
                "package, or the address of its archive, or put its modules into src/."
            )
            raise OpsError(message)
    return lines


def _is_local(line: str) -> bool:
    """Whether a line names a file or a folder of this machine."""
    prefix = _PREFIX.match(line)
    target = re.split(r"[\s;]", line[prefix.end() :] if prefix else line)[0].rstrip("\\")
    if target.startswith("file:"):
        return True
    if "://" in target or target.startswith("-"):
        return False
    return bool(prefix) or target in (".", "..") or target.endswith(_ARCHIVES) or bool({"/", "\\"} & {*target})
