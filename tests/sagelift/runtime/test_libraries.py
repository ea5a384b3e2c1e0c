"""What crosses of numpy, pandas and matplotlib: each chain costs seconds, so that one holds many cases."""

from pathlib import Path
from textwrap import dedent

from .conftest import RunSteps

XGBOOST = """
    import ctypes

    class DMatrix:
        def __init__(self, data, silent=False):
            number = int(open(data).read()) if isinstance(data, str) else data
            self.handle = ctypes.pointer(ctypes.c_int(number))
            self.silent = silent

        def save_binary(self, path):
            with open(path, "w") as file:
                file.write(str(self.handle.contents.value))
"""
SKLEARN = """
    class BaseEstimator:
        def __getstate__(self):
            raise AttributeError("'NoneType' object has no attribute 'items'")

    class LabelEncoder(BaseEstimator):
        pass
"""


def test_arrays_share_the_memory_that_they_shared(run_steps: RunSteps) -> None:
    names = "'a', 'part', 'back', 'words', 'some', 'column', 'as_bytes', 'fixed'"
    left = run_steps(
        """
        a = np.arange(10.0); part = a[2:5]; back = a[::-1]
        words = np.array(["x", "y", None], dtype=object); some = words[1:]
        matrix = np.asfortranarray(np.arange(6.0).reshape(2, 3)); column = matrix[:, 1]
        as_bytes = part.view("u1"); fixed = a.copy(); fixed.flags.writeable = False
        step.pass_on(a=a, part=part, back=back, words=words, some=some, matrix=matrix, column=column,
                     as_bytes=as_bytes, fixed=fixed)
        """,
        f"""
        matrix, {names.replace("'", "")} = step.receive("matrix", {names})
        part[0] = 77; some[0] = "changed"; matrix[1, 1] = 99
        step.pass_on(a=a, part=part, back=back, words=words, some=some, matrix=matrix, column=column,
                     as_bytes=as_bytes, fixed=fixed)
        """,
        f"""
        {names.replace("'", "")} = step.receive({names})
        back[0] = -1
        print(a.tolist(), part.tolist(), words.tolist(), column.tolist())
        print(as_bytes[:8].view("f8"), fixed.flags.writeable)
        """,
        head="import numpy as np",
    )

    expected = "[0.0, 1.0, 77.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, -1.0] [77.0, 3.0, 4.0] "
    assert left.printed == f"{expected}['x', 'changed', None] [1.0, 99.0]\n[77.] False\n", left.log


def test_what_arrays_share_in_another_way_is_refused(run_steps: RunSteps) -> None:
    left = run_steps(
        "b = bytearray(16); step.pass_on(x=np.frombuffer(b), y=np.frombuffer(b, dtype='u1'))", head="import numpy as np"
    )
    assert "shares memory with another by way of a buffer" in left.log

    left = run_steps(
        "a = np.zeros(4); np.save('a.npy', a); step.pass_on(m=np.load('a.npy', mmap_mode='r'))",
        head="import numpy as np",
    )
    assert "m (memmap) cannot cross to the next step: it is mapped to a file." in left.log


def test_pandas_objects_copy_on_write_as_before(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        pd.set_option("display.precision", 2); pd.options.display.float_format = "{:.1f}".format
        df = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": ["x", "y"]}); same = df.reset_index(drop=True)
        step.pass_on(df=df, same=same, column=df["a"], values=df[["a"]].to_numpy(), groups=df.groupby("c"))
        """,
        "df, same, column = step.receive('df', 'same', 'column'); step.pass_on(df=df, same=same, column=column)",
        """
        df, same, column = step.receive("df", "same", "column")
        same.loc[0, "a"] = 50; column.iloc[1] = 60
        print(df["a"].tolist(), same["a"].tolist(), column.tolist()); print(df)
        """,
        head="import pandas as pd",
    )

    lines = ["[1.0, 2.0] [50.0, 2.0] [1.0, 60.0]", "    a   b  c", "0 1.0 3.0  x", "1 2.0 4.0  y"]
    assert left.printed.splitlines() == lines, left.log


def test_tables_can_be_read_by_people(run_steps: RunSteps) -> None:
    left = run_steps(
        "step.pass_on(df=pd.DataFrame({'a': [1]}), s=pd.Series([2], name='s'), odd=pd.DataFrame({'x': [1, 'y']}))",
        head="import pandas as pd",
    )

    assert {"tables/df.parquet", "tables/s.parquet", "tables/odd.csv"} <= set(left.files)
    assert left.summary["variables"]["df"] == {"type": "pandas.DataFrame", "shape": [1, 1]}


def test_random_numbers_go_on(run_steps: RunSteps) -> None:
    parts = ["np.random.seed(0); print(np.random.rand()); rng = np.random.default_rng(1)", "print(np.random.rand())"]
    left = run_steps(
        f"{parts[0]}; rng.random(); step.pass_on(rng=rng)",
        f"{parts[1]}; rng = step.receive('rng'); step.pass_on(rng=rng)",
        f"{parts[1]}; rng = step.receive('rng'); print(rng.random())",
        head="import numpy as np",
    )

    assert left.printed.split() == [
        "0.5488135039273248",
        "0.7151893663724195",
        "0.6027633760716439",
        "0.9504636963259353",
    ]


def test_a_library_that_a_variable_brings_leaves_the_same_again(run_steps: RunSteps) -> None:
    runs = [
        run_steps(
            "step.pass_on(x=numpy.ones(3))",
            "x = step.receive('x'); step.pass_on(x=x + 1)",
            head="import sys\nif 'preprocessing' in sys.argv[0]: import numpy",
        ).files
        for _ in range(2)
    ]

    assert runs[0]["handover.pickle"] == runs[1]["handover.pickle"]


def test_open_figures_go_on_where_they_were(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        plt.rcParams["lines.linewidth"] = 5
        plt.figure(7); plt.plot([1, 2]); fig = plt.figure(3); plt.plot([1, 2]); plt.plot([2, 1]); plt.figure(7)
        step.pass_on(fig=fig)
        """,
        "pass",
        """
        print(plt.get_fignums(), plt.gcf().number, plt.rcParams["lines.linewidth"])
        print(colors.to_hex(plt.plot([1, 3])[0].get_color()))
        plt.figure(3); print(colors.to_hex(plt.plot([1, 3])[0].get_color()))
        matplotlib.use("TkAgg"); plt.show(); plt.gcf().show()
        """,
        head="import matplotlib\nfrom matplotlib import colors, pyplot as plt",
    )

    assert left.printed.splitlines() == ["[3, 7] 7 5.0", "#ff7f0e", "#2ca02c"], left.log
    assert left.files.keys() == {"stdout.txt", *(f"figures/figure-0{n}.png" for n in (1, 2, 3))}


def test_shows_what_a_notebook_shows(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        handover.display(None); handover.display("text"); handover.display({"b": 1, "a": [2]})
        handover.display(object()); fig, ax = plt.subplots(); handover.display(ax); handover.display(fig)
        plt.show(); plt.show()
        """,
        head="from matplotlib import pyplot as plt",
        options="last=True, closes_figures=True",
    )

    assert left.printed == "'text'\n{'a': [2], 'b': 1}\n<object object>\n", left.log
    assert left.files.keys() == {"stdout.txt", "figures/figure-01.png", "figures/figure-02.png"}


def test_what_libraries_cannot_pickle_crosses(run_steps: RunSteps, tmp_path: Path) -> None:
    for name, text in {
        "xgboost.py": XGBOOST,
        "sklearn/__init__.py": "def get_config(): return {}",
        "sklearn/base.py": SKLEARN,
    }.items():
        (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / name).write_text(dedent(text), encoding="utf-8")
    left = run_steps(
        """
        matrix, encoder = xgboost.DMatrix(7), LabelEncoder()
        step.pass_on(matrix=matrix, again=matrix, encoder=encoder)
        """,
        """
        matrix, again, encoder = step.receive("matrix", "again", "encoder")
        print(matrix.handle.contents.value, matrix.silent, matrix is again, type(encoder).__name__)
        """,
        head="import xgboost\nfrom sklearn.base import LabelEncoder",
    )

    assert left.printed == "7 False True LabelEncoder\n", left.log


def test_a_figure_that_cannot_be_drawn_is_left_out(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        plt.plot([1]); plt.title("$\\\\nothing$"); plt.show()
        plt.close("all"); plt.plot([2]); plt.show(); print("end")
        """,
        head="import matplotlib.pyplot as plt",
        options="last=True",
    )

    assert (left.code, left.printed) == (0, "end\n"), left.log
    assert [name for name in left.files if name.endswith(".png")] == ["figures/figure-01.png"]
    assert "A figure cannot be drawn, and is left out: ValueError: " in left.log
