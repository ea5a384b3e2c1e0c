"""What a statement does for the model is told by the names of what it calls."""

from pathlib import Path

import pytest
from programs import program

from sagelift.legacy.roles import Role


def roles(folder: Path, code: str) -> set[Role]:
    taken = program(folder, code)
    return taken.judge.roles(taken.statements[-1].tree)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("y = model.predict(X)", {Role.INFER}),
        ("X, y, Z, w = train_test_split(A, b)", set()),
        ("model = joblib.load('churn.joblib')", {Role.LOAD_MODEL}),
        ("with open('model.pkl', 'rb') as f:\n    m = pickle.load(f)", {Role.LOAD_MODEL, Role.READ}),
        ("table = pickle.load(open('rows.bin', 'rb'))", {Role.READ}),
        ("joblib.dump(model, 'churn.joblib')", {Role.SAVE_MODEL}),
        ("df.to_csv('out.csv')", {Role.WRITE}),
        ("name = input('Your name: ')", {Role.READ, Role.WRITE}),
        ("groups = kmeans.labels_", {Role.WEAK_INFER}),
        ("scores = cross_val_score(model, X, y)", {Role.WEAK_INFER}),
        ("z = X @ w", {Role.COMPUTE}),
        ("fitted = sm.Logit(y, X).fit_regularized()", {Role.TRAIN}),
        ("t, p = stats.ttest_ind(a, b)", {Role.COMPUTE}),
        ("b = np.linalg.inv(X.T * X) * X.T * y", {Role.COMPUTE}),
    ],
)
def test_roles_of_calls_of_libraries(tmp_path: Path, code: str, expected: set[Role]) -> None:
    assert roles(tmp_path, code) == expected


def test_what_transforms_data_is_fitted_but_not_trained(tmp_path: Path) -> None:
    assert roles(tmp_path, "scaler = StandardScaler()\nscaler.fit(X)") == set()
    assert roles(tmp_path, "scaler = StandardScaler().fit(X)\nZ = scaler.transform(X)") == {Role.TRANSFORM}


def test_what_is_named_like_a_transformer_still_infers(tmp_path: Path) -> None:
    assert Role.INFER in roles(tmp_path, "from x import LDA\np = LDA().fit(X, y).predict(X)")


@pytest.mark.parametrize(
    ("name", "role"),
    [("classify0", Role.INFER), ("predictOne", Role.INFER), ("gradAscent", Role.TRAIN), ("trainNB", Role.TRAIN)],
)
def test_functions_of_the_script_are_told_by_the_words_of_their_names(tmp_path: Path, name: str, role: Role) -> None:
    assert roles(tmp_path, f"def {name}(X):\n    return X * 2\nz = {name}(X)") == {role}


@pytest.mark.parametrize("name", ["plot_predictions", "load_training_set", "get_prediction_path"])
def test_a_name_alone_makes_no_model_of_what_handles_data_or_results(tmp_path: Path, name: str) -> None:
    assert roles(tmp_path, f"def {name}(X):\n    return X\nz = {name}(X)") == set()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("def similarity(a, b):\n    return sum(x * y for x, y in zip(a, b))", {Role.CALCULATE}),
        ("def cluster(X):\n    for x in X:\n        print(x)\n    return X", {Role.CALCULATE, Role.WRITE}),
        ("def rmse(a, b):\n    return ((a - b) ** 2).mean() ** 0.5", set()),
        ("def name(a):\n    return 'a' + str(a)", set()),
        ("def rows(path):\n    return [float(x) * 2 for x in open(path)]", {Role.READ}),
        ("def tell(X):\n    for x in X:\n        print(x * 2)", {Role.WRITE}),
        ("def closest(X, w):\n    return (X @ w) * 2", {Role.COMPUTE}),
    ],
)
def test_a_function_that_calculates_may_be_a_model(tmp_path: Path, function: str, expected: set[Role]) -> None:
    name = function[4:].partition("(")[0]

    assert roles(tmp_path, f"{function}\nz = {name}(X, y)") == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("return w", {Role.TRAIN, Role.WRITE}),
        ("global weights\n    weights = w", {Role.TRAIN, Role.WRITE}),
        ("", {Role.WRITE}),
    ],
)
def test_training_may_tell_of_its_progress(tmp_path: Path, end: str, expected: set[Role]) -> None:
    code = f"def train(X):\n    w = X * 2\n    print(w)\n    {end}\nz = train(X)"

    assert roles(tmp_path, code) == expected


def test_what_is_predicted_to_be_drawn_alone_is_no_inference(tmp_path: Path) -> None:
    code = "def regions(m, X):\n    Z = m.predict(X)\n    plt.contourf(Z)\nregions(a, X)\nregions(b, X)"

    assert roles(tmp_path, code) == {Role.WEAK_INFER, Role.WRITE}


@pytest.mark.parametrize(
    "code",
    [
        "from tools import score_all\ny = score_all(X)",
        "from tools import score_all as run\ny = run(X)",
        "import tools as t\ny = t.score_all(X)",
        "from tools import Scorer\ny = Scorer().run(X)",
    ],
)
def test_roles_are_found_in_modules_beside_the_script(tmp_path: Path, code: str) -> None:
    (tmp_path / "tools.py").write_text(
        "def score_all(X):\n    return one(X)\n\ndef one(X):\n    return model.predict(X)\n\n"
        "class Scorer:\n    def run(self, X):\n        return one(X)\n"
    )

    assert roles(tmp_path, code) == {Role.INFER}


def test_a_function_of_the_script_goes_before_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("def one(X):\n    return model.predict(X)\n\ndef two(X):\n    return X\n")

    assert roles(tmp_path, "from tools import two\ndef one(X):\n    return X\ny = two(one(X))") == set()


def test_roles_are_found_through_functions_methods_and_themselves(tmp_path: Path) -> None:
    code = """
    class Model:
        def run(self):
            return self.net.predict(self.X)

    def outer(depth):
        if depth:
            return outer(depth - 1)
        return Model().run()

    z = outer(3)
    """
    assert roles(tmp_path, code) == {Role.INFER}


@pytest.mark.parametrize(
    "use", ["df.apply(one, axis=1)", "list(map(one, rows))", "Parallel(2)(delayed(one)(r) for r in X)"]
)
def test_a_function_that_is_handed_on_is_called(tmp_path: Path, use: str) -> None:
    assert Role.INFER in roles(tmp_path, f"def one(row):\n    return model.predict(row)\nz = {use}")


def test_a_definition_does_nothing_until_it_is_called(tmp_path: Path) -> None:
    assert roles(tmp_path, "if x:\n    def f():\n        return model.predict(X)") == set()


def test_evidence_names_the_line(tmp_path: Path) -> None:
    taken = program(tmp_path, "if x:\n    y = model.predict(X)\n")
    evidence = taken.judge.evidence(taken.statements[0].tree)

    assert [(e.role, e.text, e.line) for e in evidence] == [(Role.INFER, "predict", 2)]
