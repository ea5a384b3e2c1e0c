"""Secrets in legacy code: found in text, so also in comments and in code that does not parse, and never shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Forms that their issuers give to keys, and what is known of them.
_FORMS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*KEY-----|\Z)", re.DOTALL),
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[opusr]_[0-9A-Za-z]{36,}|github_pat_\w{22,})"),
    "Slack token": re.compile(r"\bxox[abeprs]-[0-9A-Za-z-]{10,}"),
    "Google API key": re.compile(r"\bAIza[\w-]{35}"),
    "Hugging Face token": re.compile(r"\bhf_[A-Za-z]{30,}"),
    "API key": re.compile(r"\bsk-[\w-]{20,}"),
    "JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"),
}  # fmt: skip
# The password of `scheme://user:password@host`, and of a connection string.
_IN_ADDRESS = re.compile(r"\w+://[^\s:/@'\"]*:([^\s@/'\"{}<>]+)@")
_IN_CONNECTION = re.compile(r"\b(?:pwd|password)\s*=\s*([^\s;'\"{}<>]+)\s*;", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?P<name>[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret(?:_?(?:access_?)?key)?|api_?key|access_?key|private_?key|credential|auth_?token|access_?token
    |bearer_?token|api_?token|bot_?token|hf_?token|github_?token|(?<![a-z])token)s?)['"]?\s*\]?\s*(?:=(?!=)|:)\s*[rbuRBU]?
    (?P<quote>["'])(?P<value>[^"'\n]{4,})(?P=quote)""",
    re.IGNORECASE | re.VERBOSE,
)
# What stands for a secret in an example, or is a name or a word.
_HARMLESS = re.compile(
    r"<.*>|\[.*\]|\{.*\}|\$.*|\*+|x{3,}|\.{3,}|your.*|my[_-].*|change.?me|none|null|true|false", re.IGNORECASE
)
_SHORTEST_TOKEN = 12


@dataclass(frozen=True)
class Secret:
    """A secret.

    Attributes:
        kind: What it is; it says nothing of the secret itself.
        value: The secret.
        line: Its line, from 1.
    """

    kind: str
    value: str
    line: int


def find(code: str) -> list[Secret]:
    """Return the secrets in code, in its order, each once."""
    found: dict[str, Secret] = {}
    for kind, value, start in sorted(_found(code), key=lambda secret: secret[2]):
        if not any(value in other for other in found):
            found[value] = Secret(kind, value, code.count("\n", 0, start) + 1)
    return list(found.values())


def redact(text: str, secrets: list[Secret]) -> str:
    """Return a text without the secrets; its lines stay as many."""
    for secret in sorted(secrets, key=lambda secret: -len(secret.value)):
        text = text.replace(secret.value, "•" * 8 + "\n" * secret.value.count("\n"))
    return text


def _found(code: str) -> Iterator[tuple[str, str, int]]:
    for kind, form in _FORMS.items():
        yield from ((kind, match[0], match.start()) for match in form.finditer(code))
    for form in (_IN_ADDRESS, _IN_CONNECTION):
        yield from (
            ("password in a connection", m[1], m.start(1)) for m in form.finditer(code) if not _HARMLESS.fullmatch(m[1])
        )
    for match in _NAMED.finditer(code):
        name, value = match["name"], match["value"]
        if _HARMLESS.fullmatch(value) or (name.lower().endswith(("token", "tokens")) and not _is_token(value)):
            continue
        if value.lower().replace("_", "") in name.lower().replace("_", "") or " " in value:
            continue
        yield f"{name.strip('.-')}, as its name says", value, match.start("value")


def _is_token(value: str) -> bool:
    """Whether it is no word, as `"[PAD]"` and `"unknown"` are."""
    return len(value) >= _SHORTEST_TOKEN and any(c.isdigit() for c in value)
