"""The scripts' address, and their upload."""

from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from ops import scripts


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A folder with two scripts, a cache and a secret."""
    for name in ("predict.py", "lib/tables.py", "__pycache__/predict.pyc", ".env"):
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "src"


def test_the_hash_is_of_names_and_contents_alone(src: Path) -> None:
    before = scripts.content_hash(src)
    (src / "__pycache__" / "predict.pyc").write_text("other")
    (src / ".env").write_text("other")
    assert scripts.content_hash(src) == before
    (src / "predict.py").rename(src / "other.py")
    renamed = scripts.content_hash(src)
    (src / "other.py").write_text("other")
    assert len({before, renamed, scripts.content_hash(src)}) == 3


def test_upload_completes_an_interrupted_one_and_repeats_nothing(src: Path) -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="code/abc/predict.py", Body=b"predict.py")
        s3.put_object(Bucket="bucket", Key="code/abc/lib/tables.py", Body=b"half")
        assert scripts.upload(s3, src, "s3://bucket/code/abc/") == 1
        assert scripts.upload(s3, src, "s3://bucket/code/abc/") == 0
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]]
        assert keys == ["code/abc/lib/tables.py", "code/abc/predict.py"]
        assert s3.get_object(Bucket="bucket", Key="code/abc/lib/tables.py")["Body"].read() == b"lib/tables.py"
