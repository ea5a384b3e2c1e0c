"""The data that a local run reads: a file, or the files of a folder, of this machine."""

import os
from pathlib import Path
from typing import NoReturn

from ops.errors import OpsError
from ops.repository import Repository


def check(repository: Repository, path: Path) -> None:
    """Check that a run can begin on a file or folder.

    Raises:
        OpsError: it is not there, holds no file, or one that cannot be read or be a key in S3.
    """
    if not path.exists():
        message = f"The input {path} does not exist: give a file or a folder with files."
        raise OpsError(message)
    if repository.build.is_relative_to(path.resolve()):
        message = f"The input {path} holds {repository.build}, where runs leave what they make: give a folder of data."
        raise OpsError(message)
    if not files(path):
        message = f"The input folder {path} holds no files: put the files to run on there, or give another --input."
        raise OpsError(message)


def files(path: Path) -> dict[str, Path]:
    """Return the files to run on, by their names below a folder, with slashes; of a file, itself.

    Hidden files, such as .gitkeep and .DS_Store, are no data. All else is returned or refused, never passed over.

    Raises:
        OpsError: one cannot be read, or be a key in S3.
    """
    if not path.is_dir():
        _check_file(path)
        return {path.name: path}
    found: list[Path] = []
    for parent, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(parent, name).is_symlink()]
        found += [Path(parent, name) for name in (*names, *links) if not name.startswith(".")]
    for file in found:
        _check_file(file)
    return {file.relative_to(path).as_posix(): file for file in sorted(found)}


def _check_file(path: Path) -> None:
    if not path.is_file():
        message = (
            f"The input {path} is no file, but a link to a folder or to nothing, or a device: replace it by what is to "
            "be read, or give another --input."
        )
        raise OpsError(message)
    try:
        str(path).encode()
        path.open("rb").close()
    except UnicodeEncodeError:
        message = f"The name of the input {str(path)!r} is not UTF-8, which a key in S3 must be: rename it."
        raise OpsError(message) from None
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    message = f"The input {error.filename} cannot be read ({error.strerror}): make it so, or give another --input."
    raise OpsError(message)
