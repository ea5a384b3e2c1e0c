"""What `sagelift assess` shows: a table, JSON, and a page of HTML that needs nothing beside itself."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from sagelift.errors import SageliftError
from sagelift.legacy.assessment import Assessment, Part, Reason, Survey, Verdict
from sagelift.legacy.cuts import STEPS
from sagelift.legacy.findings import Finding
from sagelift.legacy.source import Place

FORMAT = 1
"""The version of the JSON's shape; it changes when a key goes or means something else."""

_DOES = {"training": "trains", "inference": "infers", "training and inference": "trains, infers", "neither": "", "": ""}
_STYLES = {Verdict.SPLITS: "green", Verdict.WRAPS: "yellow", Verdict.NEEDS_A_PERSON: "bold red"}


def shown(survey: Survey) -> Iterator[RenderableType]:
    """Yield what the terminal shows: all of a single model, else a line for each, and the counts."""
    if len(survey.models) == 1:
        yield _one(survey.models[0])
    else:
        yield from _table(survey)


def _table(survey: Survey) -> Iterator[RenderableType]:
    folder = Path(os.path.commonpath([model.path.parent for model in survey.models] or [Path()]))
    if folder.name:
        yield f"[bold]{escape(str(folder))}[/]"
    lines = Table(box=None, pad_edge=False, header_style="bold")
    lines.add_column("file", overflow="fold")
    lines.add_column("verdict", no_wrap=True)
    lines.add_column("Python", no_wrap=True)
    lines.add_column("does", no_wrap=True)
    lines.add_column("cut, or why not", overflow="fold")
    for model in survey.models:
        name, why = str(model.path.relative_to(folder)), _cuts(model) or _why(model)
        lines.add_row(escape(name), _styled(model.verdict), escape(_python(model)), _DOES[model.does], escape(why))
    if survey.models:
        yield lines
    counts = Counter(model.verdict for model in survey.models)
    yield (
        ", ".join(f"{verdict}: {counts[verdict]}" for verdict in Verdict if counts[verdict])
        or "No scripts or notebooks."
    )
    if survey.helpers:
        yield f"Not listed: {len(survey.helpers)} modules that these import."
    if survey.left_out:
        yield f"Left out: {len(survey.left_out)} tests, setup.py and the like; name one to have it assessed."


def _one(model: Assessment) -> RenderableType:
    parts: list[RenderableType] = [f"[bold]{escape(str(model.path))}[/]  {_styled(model.verdict)}"]
    parts += [Padding(escape(str(reason)), (0, 0, 0, 2)) for reason in model.reasons]
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, texts in _facts(model):
        facts.add_row(name, "\n".join(escape(text) for text in texts))
    return Group(*parts, "", facts) if facts.row_count else Group(*parts)


def _facts(model: Assessment) -> Iterator[tuple[str, list[str]]]:
    if model.language:
        yield "language", [model.language, *(str(reason) for reason in model.needs[1])]
    if model.does:
        yield "does", [model.does]
    if model.parts:
        yield "would be", [f"{part.step}: {_extent(part)}" for part in model.parts]
    if needed := model.requirements:
        if needed.python_version:
            yield "runs on", [f"Python {needed.python_version}"]
        yield "requires", [_required(r.line, r.reason, r.origin) for r in needed.found]
        if needed.notes:
            yield "note", list(needed.notes)
    if model.helpers:
        yield "helpers", [str(helper) for helper in model.helpers]
    for kind, found in _by_kind(model.findings):
        yield kind, [f"{finding.text} ({finding.where})" for finding in found]
    notes = [str(obstacle) for obstacle in model.obstacles]
    if rest := [note for note in notes if note not in {str(reason) for reason in model.reasons}]:
        yield "obstacle", rest


def _required(line: str, reason: str, origin: str) -> str:
    return f"{line}  ({reason}; version: {origin})" if origin else f"{line}  ({reason})"


def _by_kind(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.kind.value, []).append(finding)
    return list(found.items())


def _extent(part: Part) -> str:
    return ", ".join(_between(first, last) for first, last in part.places)


def _between(first: Place, last: Place) -> str:
    if first == last:
        return str(first)
    if not first.cell:
        return f"lines {first.line}-{last.line}"
    if first.cell == last.cell:
        return f"cell {first.cell}, lines {first.line}-{last.line}"
    return f"{first} to {last}"


def _cuts(model: Assessment) -> str:
    """Return where predict and postprocessing would begin; empty where the code is not split."""
    begins = [str(part.places[0][0]) for part in model.parts if part.step in STEPS[1:]]
    return f"before {' and '.join(begins)}" if begins else ""


def _why(model: Assessment) -> str:
    first, *others = [str(reason) for reason in model.reasons] or [""]
    return f"{first} (+{len(others)})" if others else first


def _python(model: Assessment) -> str:
    if model.requirements and model.requirements.python_version:
        return model.requirements.python_version
    return f"≥ {model.needs[0]}" if "." in model.needs[0] else model.language.removeprefix("Python ")


def _styled(verdict: Verdict) -> str:
    return f"[{_STYLES[verdict]}]{verdict}[/]"


def as_json(survey: Survey) -> str:
    """Return everything as JSON; docs/how-to/assess-legacy-code.md tells its shape."""
    content = {
        "format": FORMAT,
        "models": [_model(model) for model in survey.models],
        "helpers": [str(path) for path in survey.helpers],
        "left_out": [str(path) for path in survey.left_out],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _model(model: Assessment) -> dict[str, Any]:
    needed = model.requirements
    return {
        "path": str(model.path),
        "kind": "notebook" if model.is_notebook else "script",
        "verdict": model.verdict.value,
        "reasons": [_reason(reason) for reason in model.reasons],
        "language": model.language or None,
        "python": {
            "oldest": model.needs[0] or None,
            "because": [_reason(reason) for reason in model.needs[1]],
            "proposed": needed.python_version if needed else None,
        },
        "does": model.does or None,
        "evidence": [{"role": role.value, "text": text, **_place(place)} for role, text, place in model.evidence],
        "requirements": [
            {
                "distribution": r.distribution,
                "specifier": r.specifier,
                "reason": r.reason,
                "origin": r.origin or None,
                "places": [_place(place) for place in r.places],
            }
            for r in (needed.found if needed else ())
        ],
        "unknown_imports": [{"module": name, **_place(place)} for name, place in (needed.unknown if needed else ())],
        "notes": list(needed.notes) if needed else [],
        "findings": [
            {"kind": f.kind.value, "text": f.text, "helper": f.helper or None, **_place(f.place)}
            for f in model.findings
        ],
        "obstacles": [
            {"kind": o.kind, "text": o.text, "effect": o.effect.value, **_place(o.place)} for o in model.obstacles
        ],
        "steps": {
            part.step: [{"first": _place(first), "last": _place(last)} for first, last in part.places]
            for part in model.parts
        },
        "helpers": [str(helper) for helper in model.helpers],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"text": reason.text, **_place(reason.place)}


def _place(place: Place | None) -> dict[str, int | None]:
    """Return a place: the cell, counted from 1, is null in a script; both are null for the whole file."""
    if place is None or not any(place):
        return {"cell": None, "line": None}
    return {"cell": place.cell or None, "line": place.line}


class _Line(NamedTuple):
    number: str
    step: str
    code: Markup


def as_html(survey: Survey) -> str:
    """Return a page with everything and the code, coloured by step; it loads nothing from anywhere."""
    template = files("sagelift.legacy").joinpath("report.html.jinja").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    models = [
        {"model": m, "facts": list(_facts(m)), "lines": list(_lines(m)), "python": _python(m)} for m in survey.models
    ]
    return environment.from_string(template).render(
        models=models,
        counts=[(verdict, sum(m.verdict is verdict for m in survey.models)) for verdict in Verdict],
        survey=survey,
        light=_colours("default"),
        dark=_colours("github-dark"),
        steps=("preprocessing", "predict", "postprocessing", "definitions"),
    )


def _colours(style: str) -> Markup:
    # Only the colours of words: the page has its own background.
    formatter: Any = HtmlFormatter(style=style, nobackground=True)
    rules = formatter.get_style_defs(".code").splitlines()
    return Markup("\n".join(rule for rule in rules if "/*" in rule))  # noqa: S704  made by Pygments from nothing of the code


def _lines(model: Assessment) -> Iterator[_Line]:
    steps = {line: part.step for part in model.parts for first, last in part.lines for line in range(first, last + 1)}
    # The formatter escapes what it marks up.
    coloured = highlight(model.code, PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True))
    cell = 0
    for number, text in enumerate(coloured.rstrip("\n").split("\n") if model.code else [], start=1):
        place = model.places[number] if number < len(model.places) else Place(0, number)
        label = str(place.line) if place.line else ""
        if place.cell != cell:
            cell = place.cell
            label = f"[{cell}] {label}".strip()
        yield _Line(label, steps.get(number, ""), Markup(text))  # noqa: S704  escaped by Pygments


def write_html(survey: Survey, path: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        SageliftError: It cannot be written there.
    """
    page = as_html(survey)
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(page, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        message = f"The page cannot be written to {path}: {error.strerror}. Name another file by --html."
        raise SageliftError(message) from error
