"""What an account has one of, and the bootstraps of several models share."""

from enum import StrEnum


class Shared(StrEnum):
    """The bootstrap that comes first makes it, and the others find it there."""

    OIDC_PROVIDER = "oidc-provider"
    BUCKET = "bucket"
