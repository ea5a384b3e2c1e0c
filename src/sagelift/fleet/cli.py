"""The verbs of `sagelift fleet`."""

import typer

import sagelift.fleet

app = typer.Typer(help=sagelift.fleet.__doc__, no_args_is_help=True)


@app.callback()
def _options() -> None:
    """Keep `fleet` a group, however many verbs it has."""
