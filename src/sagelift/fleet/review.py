"""What an administrator reads before the bootstraps of many models are made."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from sagelift.fleet.administrator import Failures, Planned

_SIGNS = {"Add": "+", "Import": "+", "Modify": "~", "Remove": "-"}


def table(plans: Sequence[Planned]) -> Table:
    """Return a line for each model."""
    lines = Table("model", "account", "region", "changes", box=None, pad_edge=False, header_style="bold")
    for plan in plans:
        account, region = plan.document["account"], plan.document["region"]
        lines.add_row(escape(plan.site.name), account, region, _summary(plan))
    return lines


def page(plans: Sequence[Planned], failures: Failures, environment: str, moment: datetime) -> str:
    """Return all of it as a page of Markdown; what is the same for several models stands there once."""
    return "\n".join(_page(plans, failures, environment, moment)) + "\n"


def _page(plans: Sequence[Planned], failures: Failures, environment: str, moment: datetime) -> Iterator[str]:
    yield f"# Bootstrap of {environment}"
    yield ""
    callers = ", ".join(sorted({f"`{plan.document['caller']}`" for plan in plans})) or "nobody"
    yield f"Planned on {moment:%Y-%m-%d at %H:%M %Z} by {callers}. CloudFormation keeps what it computed for this"
    yield "page, and makes just that; a stack that was changed meanwhile refuses it."
    yield ""
    up_to_date = sum(plan.is_up_to_date for plan in plans)
    yield from _table(
        ("", "models"),
        [
            ("to be made or changed", len(plans) - up_to_date),
            ("as they are", up_to_date),
            ("not planned", len(failures)),
        ],
    )
    if failures:
        yield from ("## Not planned", "")
        yield from _table(("repository", "why"), failures.items())
    yield from ("## Models", "")
    yield from _table(
        ("model", "account", "region", "template", "changes", "roles", "GitHub may deploy as", "registry", "bucket"),
        (_model(plan) for plan in plans),
    )
    yield from ("## Changes", "")
    for changes, models in _groups(plans):
        yield from (f"### {_count(models)}", "", ", ".join(models), "")
        yield from _table(("", "resource", "type", ""), changes or [("~", "only tags or outputs", "", "")])
    yield from (
        "## Policies",
        "",
        "As `iam/` of each repository has them, before the names of the model are put in.",
        "",
    )
    yield from _table(("policy", "SHA-256", "models", "for example"), _policies(plans))


def _model(plan: Planned) -> Sequence[str]:
    it = plan.document
    roles = "<br>".join(it["roles"].values())
    subject = it["github_subject"] or ""
    version, summary = it["template_version"], _summary(plan, marked=False)
    return plan.site.name, it["account"], it["region"], version, summary, roles, subject, it["registry"], it["bucket"]


def _groups(plans: Iterable[Planned]) -> Iterator[tuple[Sequence[Sequence[str]], list[str]]]:
    """Yield the same changes once, with the models that they are for."""
    groups: dict[tuple[Sequence[str], ...], list[str]] = defaultdict(list)
    for plan in plans:
        if not plan.is_up_to_date:
            groups[tuple(map(_change, plan.changes))].append(plan.site.name)
    yield from groups.items()


def _change(change: Mapping[str, Any]) -> Sequence[str]:
    replaced = "may be replaced" if change["replacement"] else ""
    return _SIGNS.get(change["action"], change["action"]), change["resource"], change["kind"], replaced


def _policies(plans: Iterable[Planned]) -> Iterator[Sequence[object]]:
    users: dict[tuple[str, str], list[Planned]] = defaultdict(list)
    for plan in plans:
        for policy in plan.document["policies"].items():
            users[policy].append(plan)
    for (name, digest), using in sorted(users.items()):
        site = using[0].site
        yield name, f"`{digest}`", len(using), f"`build/iam/{site.environment}/{name}.json` of {site.name}"


def _summary(plan: Planned, *, marked: bool = True) -> str:
    """Return the numbers of changes; `marked` for the terminal."""
    if plan.is_up_to_date:
        return "[dim]as it is[/]" if marked else "as it is"
    changes = list(map(_change, plan.changes))
    counts = Counter(change[0] for change in changes)
    parts = [f"{sign} {number}" for sign, number in sorted(counts.items())] or ["only tags or outputs"]
    replaced = sum(bool(change[-1]) for change in changes)
    text = ", ".join([*parts, f"{replaced} may be replaced"] if replaced else parts)
    return f"[red]{text}[/]" if marked and (replaced or counts["-"]) else text


def _count(models: Sequence[str]) -> str:
    return f"{len(models)} model{'s' if len(models) > 1 else ''}"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield _row(header)
    yield _row(["---"] * len(header))
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |"
