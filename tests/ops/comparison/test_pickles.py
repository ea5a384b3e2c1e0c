"""What pickles hold, however their bytes were laid out."""

import bz2
import io
import lzma
import pickle
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import joblib
import numpy as np
import pytest
from ops.comparison import FileVerdict, compare

Dump = Callable[[object], bytes]
CompareFiles = Callable[[bytes, bytes], tuple[FileVerdict, str]]


def as_pickle(value: object, protocol: int = 4) -> bytes:
    """Return a pickle."""
    return pickle.dumps(value, protocol)


def as_joblib(value: object, compress: int = 0) -> bytes:
    """Return what joblib writes, whose arrays lie between the opcodes."""
    file = io.BytesIO()
    joblib.dump(value, file, compress=compress)
    return file.getvalue()


@pytest.fixture
def verdict(tmp_path: Path) -> CompareFiles:
    """Return what compares two files."""

    def result(expected: bytes, found: bytes) -> tuple[FileVerdict, str]:
        for name, content in (("expected", expected), ("found", found)):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "model.pkl").write_bytes(content)
        file = compare(tmp_path / "expected", tmp_path / "found").files["model.pkl"]
        return file.verdict, file.difference

    return result


def model(mean: float = 0.5) -> dict[str, object]:
    """Return what a fitted model consists of: numbers, names, arrays with fields, and much of it twice."""
    names = np.array(["age", "rings"], dtype=object)
    nodes = np.zeros(3, dtype=[("left", "i8"), ("impurity", "f8")])
    scaler = {"mean": np.array([mean, 2.0]), "names": names, "classes": np.array(["old", "young"])}
    return {"scaler": scaler, "names": names, "nodes": [nodes, nodes.copy()], "depth": np.int64(3)}


def again(value: object) -> object:
    """Return what another process would hold of it: the same, in other objects."""
    copy: object = pickle.loads(pickle.dumps(value, 4))  # noqa: S301  just made
    return copy


@pytest.mark.parametrize("dump", [as_pickle, as_joblib, lambda value: as_joblib(value, 3), lambda v: as_pickle(v, 2)])
def test_a_model_is_itself_after_it_has_crossed_and_no_other(verdict: CompareFiles, dump: Dump) -> None:
    before, after = dump(model()), dump(again(model()))

    assert before != after
    assert verdict(before, after) == (FileVerdict.IDENTICAL, "")
    assert verdict(before, dump(model(np.nextafter(0.5, 1))))[0] is FileVerdict.DIFFERENT


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ([1, 2], [2, 1]),
        ([1], (1,)),
        ([1], [True]),
        ([1], [1.0]),
        ([0.0], [-0.0]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ("é", "è"),
        (b"a", "a"),
        (b"a" * 100, bytearray(b"a" * 100)),
        (date(2020, 1, 1), date(2020, 1, 2)),
        (frozenset({1}), frozenset({1, 2})),
        (np.float32(1), np.float64(1)),
        (np.arange(4), np.arange(4).astype("int32")),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (np.array(["a", "é"]), np.array(["a", "e"])),
        (np.array(["a", None]), np.array(["a", 0], dtype=object)),
        (len, max),
    ],
)
@pytest.mark.parametrize("dump", [as_pickle, as_joblib])
def test_other_things_are_different(verdict: CompareFiles, dump: Dump, expected: object, found: object) -> None:
    value, place = verdict(dump(expected), dump(found))

    assert value is FileVerdict.DIFFERENT
    assert place.startswith("object 1")


def test_only_what_can_be_changed_must_be_shared_alike(verdict: CompareFiles) -> None:
    text, number = "a name", 2**70
    same = as_pickle([text, text, number, number, (1, text)])
    assert verdict(same, as_pickle([text, again("a name"), number, again(number), (1, text)])) == (
        FileVerdict.IDENTICAL,
        "",
    )

    inner: list[object] = []
    assert verdict(as_pickle([inner, inner]), as_pickle([inner, []])) == (
        FileVerdict.DIFFERENT,
        "object 1[1]: expected the list that is number 1, found list",
    )
    inner.append(inner)
    assert verdict(as_pickle([inner, text, text]), as_pickle([inner, text, again(text)]))[0] is FileVerdict.IDENTICAL


def test_sets_have_no_order(verdict: CompareFiles) -> None:
    assert verdict(as_pickle({0, 8}), as_pickle({8, 0}))[0] is FileVerdict.IDENTICAL
    assert verdict(as_pickle({0, 8}), as_pickle({0, 16}))[0] is FileVerdict.DIFFERENT


def test_pickles_one_after_another(verdict: CompareFiles) -> None:
    first, second = as_pickle(["a"]), as_pickle(["b"])

    assert verdict(first + second, first + as_pickle(["c"])) == (
        FileVerdict.DIFFERENT,
        "object 2[0]: expected 'b', found 'c'",
    )
    assert verdict(first + second, first)[0] is FileVerdict.DIFFERENT


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress, zlib.compress])
def test_pickles_that_are_compressed(verdict: CompareFiles, compress: Callable[[bytes], bytes]) -> None:
    text = "a name"
    same, other = as_pickle([text, text]), as_pickle([text, again("a name")])

    assert verdict(compress(same), compress(other))[0] is FileVerdict.IDENTICAL
    assert verdict(compress(same), compress(as_pickle([text])))[0] is FileVerdict.DIFFERENT


def test_what_cannot_be_read_is_compared_as_bytes(verdict: CompareFiles) -> None:
    whole = as_pickle([1, "a" * 300])
    for damaged in (
        whole[:-4],
        whole.replace(b"\x94", b"\xff", 1),
        b"\x80\x04",
        b"\x80\x04K\x01u.",
        b"\x80\x04\x82\1.",
    ):
        value, place = verdict(whole, damaged)
        assert value is FileVerdict.DIFFERENT
        assert place.endswith("…")
    assert verdict(b"x^2 = 1", b"x^2 = 2") == (FileVerdict.DIFFERENT, "line 1: expected x^2 = 1, found x^2 = 2")
