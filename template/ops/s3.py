"""URIs of S3."""


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key, or prefix, of an `s3://` URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
