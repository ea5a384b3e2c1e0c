"""The scripts as SageMaker gets them: each version of `src/` under a prefix of its own, named by its content."""

import hashlib
from pathlib import Path
from typing import Any

from ops.s3 import split_uri


def files(src: Path) -> list[Path]:
    """Return the files below a folder, without caches and hidden files, which may hold secrets (see .dockerignore)."""
    return sorted(
        path
        for path in src.rglob("*")
        if path.is_file()
        and not any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(src).parts)
    )


def content_hash(src: Path) -> str:
    """Return a hash of the names and contents of the scripts: the same code has the same address."""
    return hash_files(src, files(src))


def hash_files(root: Path, paths: list[Path]) -> str:
    """Return a hash of the names, relative to `root`, and the contents of files."""
    digest = hashlib.sha256()
    # By names, not paths: those of Windows sort otherwise.
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in paths):
        for part in (name.encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def hash_text(text: str) -> str:
    """Return a hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def upload(s3: Any, src: Path, uri: str) -> int:  # noqa: ANN401  boto3 makes its clients at run time
    """Put the scripts under an S3 prefix that belongs to their content, and return how many were not there yet.

    An upload that was interrupted is completed; what is there already is left alone.
    """
    bucket, prefix = split_uri(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    there = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
    keys = {f"{prefix}{path.relative_to(src).as_posix()}": path for path in files(src)}
    missing = {key: path for key, path in keys.items() if there.get(key) != path.stat().st_size}
    for key, path in missing.items():
        s3.upload_file(str(path), bucket, key)
    return len(missing)
