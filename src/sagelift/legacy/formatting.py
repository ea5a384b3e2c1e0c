"""Code that is written rather than moved: calls and lists of names, over several lines where one would be too long."""

from collections.abc import Sequence

WIDTH = 100
"""How many characters a written line has at most, but for what cannot be divided."""


def call(function: str, arguments: Sequence[str], before: str = "", after: str = "") -> str:
    """Return a call, with what stands around it.

    Args:
        function: What is called.
        arguments: Its arguments, as text.
        before: What stands before it on its line, blanks included.
        after: What stands behind it.
    """
    return bracketed(f"{before}{function}(", arguments, f"){after}")


def assignment(targets: Sequence[str], function: str, arguments: Sequence[str], indent: str) -> str:
    """Return a call whose results, if there are any, are bound to names."""
    if not targets:
        return call(function, arguments, indent)
    line = names(targets, indent, f" = {function}(")
    last = line.rpartition("\n")[2]
    return line[: len(line) - len(last)] + bracketed(last, arguments, ")")


def names(found: Sequence[str], before: str = "", after: str = "") -> str:
    """Return names one after another, with what stands around them; in brackets if they take several lines."""
    line = f"{before}{', '.join(found)}{after}"
    return line if len(line) <= WIDTH else bracketed(f"{before}(", found, f"){after}")


def bracketed(opening: str, parts: Sequence[str], closing: str) -> str:
    """Return what stands in brackets: behind what opens them, or on lines of its own."""
    inside = ", ".join(parts)
    if len(opening + inside + closing) <= WIDTH:
        return f"{opening}{inside}{closing}"
    indent = opening[: len(opening) - len(opening.lstrip())]
    lines = [f"{indent}   "]
    for part in parts:
        if lines[-1].strip() and len(f"{lines[-1]} {part},") > WIDTH:
            lines.append(f"{indent}   ")
        lines[-1] += f" {part},"
    if len(lines) == 1:
        lines = [lines[0].removesuffix(",")]
    return "\n".join([opening, *lines, f"{indent}{closing}"])
