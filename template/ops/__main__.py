"""`uv run ops`, and `python -m ops`."""

import sys


def main() -> None:
    """Run the command line; one that is interrupted while it is still being imported ends as quietly as later."""
    try:
        from ops import cli  # noqa: PLC0415  the import is what may be interrupted
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
