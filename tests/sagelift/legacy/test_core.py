"""What a program without a model reckons between reading and reporting is its core."""

from pathlib import Path

import pytest
from programs import parts, program

from sagelift.legacy import obstacles
from sagelift.legacy.cuts import propose
from sagelift.legacy.obstacles import Effect


def test_what_is_reckoned_between_reading_and_reporting_is_the_core(tmp_path: Path) -> None:
    code = """
    df = pd.read_csv("in.csv")
    print(df.head())
    df["age"] = df["age"].fillna(0)
    means = df.groupby("kind").age.mean()
    print(means)
    best = means.max() * 2
    print(best)
    """
    assert parts(tmp_path, code) == {
        "preprocessing": ['df = pd.read_csv("in.csv")', "print(df.head())", 'df["age"] = df["age"].fillna(0)'],
        "predict": ['means = df.groupby("kind").age.mean()', "best = means.max() * 2"],
        "postprocessing": ["print(means)", "print(best)"],
    }


def test_to_clean_is_the_core_where_nothing_else_is_done(tmp_path: Path) -> None:
    code = "df = read_csv('a')\ndf['a'] = df['a'].fillna(0)\ndf = df.drop(columns='b')\ndf.to_csv('b')\nprint('done')\n"

    assert parts(tmp_path, code)["predict"] == ["df['a'] = df['a'].fillna(0)", "df = df.drop(columns='b')"]


def test_data_may_be_made_where_none_is_read(tmp_path: Path) -> None:
    code = "N = 20\na = rng.normal(size=N)\nb = np.array([1, 2])\nt = a.mean() / b.std()\np = 1 - t * 2\nprint(t, p)\n"

    assert parts(tmp_path, code)["predict"] == ["t = a.mean() / b.std()", "p = 1 - t * 2"]


@pytest.mark.parametrize(
    "loop",
    [
        "for i in range(9):\n    err = w * x\n    w -= err.mean()\n    if i == 8:\n        print(i)",
        "for a in x:\n    w = w + a\n    seen.append(a)",
    ],
)
def test_a_loop_alone_may_be_the_core(tmp_path: Path, loop: str) -> None:
    code = f"x = np.loadtxt('a')\nw = 0.0\nseen = []\n{loop}\nprint(w, seen)\n"

    assert parts(tmp_path, code)["predict"] == loop.splitlines()


def test_main_is_unfolded_for_its_core(tmp_path: Path) -> None:
    code = """
    def main():
        df = pd.read_csv("in.csv")
        total = df.a + df.b
        share = df.a / total
        print(share)

    main()
    """
    assert parts(tmp_path, code)["predict"] == ["total = df.a + df.b", "share = df.a / total"]


@pytest.mark.parametrize(
    ("why", "work"),
    [
        ("one line is no core", "b = df.a * 2\nprint(b)"),
        ("a value alone is no work", "b = 3\nc = df\nprint(b, c)"),
        ("nothing of it is shown", "b = df.a * 2\nc = b.sum()\nprint('done')"),
        ("a figure is there to be shown", "fig = plt.figure()\nax = fig.add_subplot()\nax.plot(df)\nplt.show()"),
        ("results are written before", "df.to_csv('b')\nb = df.a * 2\nc = b.sum()\nprint(c)"),
        ("most is reported", "b = df.a * 2\nprint(input(b))\nprint(input(b))\nc = b.sum()\nprint(c)"),
        ("more is reckoned before", "a = df.sum()\nb = len(a)\ne = read_csv('b')\nc = e + a\nd = c + b\nprint(d)"),
    ],
)
def test_there_may_be_no_core(tmp_path: Path, why: str, work: str) -> None:
    assert propose(program(tmp_path, f"df = read_csv('a')\n{work}\n")) == [], why


def test_there_is_no_core_beside_a_model(tmp_path: Path) -> None:
    code = "df = read_csv('a')\nX = df.a * 2\ny = X.sum()\nfor m in models:\n    print(y)\n    print(m.predict(X))\n"

    assert all(cuts.degenerate for cuts in propose(program(tmp_path, code)))


@pytest.mark.parametrize(
    ("work", "effect", "tells"),
    [
        ("b = df.a * 2\nc = b.sum()\nprint(c)", Effect.NOTE, "predict gets what it calculates instead"),
        ("print(df)", Effect.NO_SPLIT, "no model is asked, trained or loaded"),
    ],
)
def test_it_is_said_that_nothing_infers(tmp_path: Path, work: str, effect: Effect, tells: str) -> None:
    taken = program(tmp_path, f"df = read_csv('a')\n{work}\n")
    [found] = obstacles.find(taken.source, taken)

    assert found.effect is effect
    assert tells in found.text
