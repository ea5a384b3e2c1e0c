"""What a step cannot do."""


class CannotCross(Exception):  # noqa: N818 - it reads as the sentence that it is
    """A variable cannot leave the process that made it."""
