"""The one way in which sagelift refuses."""


class SageliftError(Exception):
    """A fault that the user can mend: one sentence that names what is wrong and what to do about it.

    The command line prints it without a traceback and exits with 1.
    """
