"""A container engine without a daemon, a base image without a registry, a package index without the internet.

Needs root, buildah and debootstrap: see `.ci/run`. The base is made once, and kept in the user's cache.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from filelock import FileLock
from ops.containers import BUILDAH, Engine

SUITE = "bookworm"
"""The Debian release of the Dockerfile's own base; its Python is 3.11."""

PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
RECIPE = (SUITE, *PACKAGES)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture(scope="session")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Buildah, with a storage of its own, which is removed at the end."""
    missing = [tool for tool in ("buildah", "debootstrap") if which(tool) is None]
    if missing:
        pytest.skip(f"without {' and '.join(missing)}: .ci/run installs what the container tests need")
    if os.geteuid() != 0:
        pytest.skip("buildah and debootstrap need root here")
    if platform.machine() != "x86_64":
        pytest.skip("the image is one for x86_64, which this machine would have to emulate")
    storage = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        # A chroot needs neither a runtime nor namespaces, which a machine that is itself a container may not have.
        patch.setenv("BUILDAH_ISOLATION", "chroot")
        patch.setenv("CONTAINERS_STORAGE_CONF", str(storage / "storage.conf"))
        # Copies instead of layered mounts: slow, but possible everywhere.
        if not _works_with("overlay", storage):
            assert _works_with("vfs", storage), BUILDAH.fault()
        yield BUILDAH
        subprocess.run(["umount", "--lazy", storage / "root" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(storage, ignore_errors=True)


@pytest.fixture(scope="session")
def base_image(buildah: Engine) -> str:
    """Debian with Python and pip, which trusts whom this machine trusts."""
    context = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagelift" / "-".join(RECIPE)
    context.mkdir(parents=True, exist_ok=True)
    with FileLock(context / "lock"):
        if not (context / "base.tar").exists():
            _make_base(context)
        shutil.copy(CERTIFICATES, context / "certificates")
        dockerfile = f"FROM scratch\nADD base.tar /\nCOPY certificates {CERTIFICATES}\n"
        (context / "Dockerfile").write_text(dockerfile, encoding="utf-8")
        buildah.build(context, "localhost/base", log=context / "log")
    return "localhost/base"


def _works_with(driver: str, storage: Path) -> bool:
    (storage / "storage.conf").write_text(
        f'[storage]\ndriver = "{driver}"\ngraphroot = "{storage}/root"\nrunroot = "{storage}/run"\n', "utf-8"
    )
    return BUILDAH.fault() is None


def _make_base(folder: Path) -> None:
    root, part = folder / "root", folder / "part"
    shutil.rmtree(root, ignore_errors=True)
    _run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root), _mirror())
    # Debian's mark keeps pip from installing for the whole system; the Dockerfile's own base has none.
    for mark in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        mark.unlink()
    for ballast in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(root / ballast)
    _run("tar", "--create", "--file", str(part), "--directory", str(root), ".")
    part.replace(folder / "base.tar")
    shutil.rmtree(root)


def _mirror() -> str:
    """Return the mirror that apt uses here, or Debian's own."""
    targets = "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"
    mirrors = _run(*targets, f"Codename: {SUITE}").split() if which("apt-get") else []
    return mirrors[0] if mirrors else "http://deb.debian.org/debian"


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
