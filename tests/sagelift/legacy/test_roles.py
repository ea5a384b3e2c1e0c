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
