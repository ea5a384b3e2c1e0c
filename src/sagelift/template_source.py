"""Which template to use, where nobody names one: the repository that sagelift itself was installed from."""

import json
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sagelift.errors import SageliftError


def resolve(template: str | None, folder: Path = Path()) -> str:
    """Return the template as Copier is to record it: a git URL, or an absolute path.

    Args:
        template: What the user named: a path, or anything that Copier takes for a git URL.
        folder: Where a relative path starts.

    Raises:
        SageliftError: None was named, and sagelift was not installed from a repository or a folder.
    """
    if template is None:
        return _installed_from()
    # A relative path would be remembered as it stands, and lead later updates astray.
    path = folder / Path(template).expanduser()
    return str(path.resolve()) if path.exists() else template


def _installed_from() -> str:
    """Return what PEP 610 records of a package that was installed from a URL."""
    record = json.loads(distribution("sagelift").read_text("direct_url.json") or "{}")
    url = str(record.get("url", ""))
    if record.keys() & {"vcs_info", "dir_info"}:
        if url.startswith("file:"):
            return url2pathname(urlsplit(url).path)
        # What Copier knows a git repository by, and otherwise needs the prefix.
        known = url.endswith(".git") or url.startswith(("https://github.com/", "https://gitlab.com/"))
        return url if known else f"git+{url}"
    message = "No template is known, because sagelift was not installed from its repository: name one with --template."
    raise SageliftError(message)
