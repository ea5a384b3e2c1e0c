"""What a statement of legacy code does for the model: read data, train, load the model, infer, show results.

Judged by the names of what is called, through the script's own functions and methods: legacy code has no types.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from sagelift.legacy.names import FUNCTIONS


class Role(Enum):
    """What a piece of code does."""

    READ = "reads data"
    WRITE = "writes or shows results"
    TRAIN = "trains a model"
    LOAD_MODEL = "loads a model"
    SAVE_MODEL = "saves a model"
    INFER = "infers"
    WEAK_INFER = "uses what a model found"
    TRANSFORM = "transforms data"
    COMPUTE = "computes as a model does"


class Evidence(NamedTuple):
    """A call or attribute that shows a role, and its line in the code."""

    role: Role
    text: str
    line: int


INFER = {
    "apply_model", "classify", "cross_val_predict", "decision_function", "fit_predict", "forecast", "get_forecast",
    "get_prediction", "infer", "inference", "kneighbors", "make_predictions", "predict", "predict_batch",
    "predict_classes", "predict_generator", "predict_log_proba", "predict_proba", "predict_survival_function",
    "recommend", "run_inference", "score_samples", "simulate", "staged_predict",
}  # fmt: skip
# What a model found while it was trained, where nothing is predicted: clustering, statistics, scores.
WEAK_CALLS = {
    "conf_int", "cross_val_score", "cross_validate", "evaluate", "learning_curve", "most_similar", "pvalues", "score",
    "summary", "summary2", "validation_curve",
}  # fmt: skip
WEAK_ATTRIBUTES = {
    "best_estimator_", "best_score_", "cluster_centers_", "coef_", "components_", "explained_variance_ratio_",
    "feature_importances_", "fittedvalues", "inertia_", "labels_", "params", "resid", "rsquared",
}  # fmt: skip
TRANSFORM = {"fit_resample", "fit_transform", "inverse_transform", "transform"}
COMPUTE = {"dot", "einsum", "matmul", "sigmoid", "softmax"}
TRAIN = {
    "auto_arima", "curve_fit", "fit", "fit_constrained", "fit_generator", "fit_predict", "fit_regularized", "fmin",
    "fmin_bfgs", "fmin_cg", "lstsq", "minimize", "partial_fit", "polyfit", "train",
}  # fmt: skip
# Words of the names that people give to functions of their own: `classify0`, `predict_one`, `gradAscent`, `trainNB`.
INFER_WORDS = {
    "classify", "forecast", "infer", "inference", "predict", "prediction", "predictions", "recommend", "recommendation",
    "recommendations",
}  # fmt: skip
TRAIN_WORDS = {"ascent", "backprop", "backpropagation", "descent", "fit", "optimize", "regression", "sgd", "train"}
# Words of functions that handle the data or the results: `train_test_split`, `save_predictions`.
OTHER_WORDS = {
    "dump",
    "evaluate",
    "export",
    "get",
    "load",
    "make",
    "plot",
    "print",
    "read",
    "save",
    "show",
    "split",
    "write",
}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LOAD_MODEL = {"from_pretrained", "load_learner", "load_model", "load_weights"}
LOAD = {"load", "load_pickle", "loads", "read_pickle"} | LOAD_MODEL
MODEL_FILE = re.compile(
    r"model|\.(?:joblib|pkl|pickle|sav|h5|hdf5|bst|ubj|onnx|keras|cbm|pt|pth|dill|mdl)\b"
    r"|clf|classifier|regressor|scaler|encoder|vectorizer",
    re.IGNORECASE,
)
READ = re.compile(
    r"read_\w+|load_(?!model|weights|learner)\w+|loadtxt|genfromtxt|fetch_\w+|reader|DictReader|load_workbook"
    r"|open_workbook|connect|get_rdataset|make_(?:blobs|classification|regression|moons|circles)|imread|fromfile|loadmat"
)
WRITE = re.compile(
    r"print|display|pprint|savefig|savetxt|save|savez|show|write|writerow|writerows|writelines|imshow|imsave|dump"
    r"|to_(?:csv|excel|json|pickle|parquet|sql|html|latex|markdown|feather|string|clipboard)"
    r"|plot|scatter|hist|bar|barh|barplot|boxplot|countplot|heatmap|pairplot|displot|distplot|lineplot|scatterplot"
    r"|kdeplot|violinplot|histplot|regplot|jointplot|subplots|figure|title|xlabel|ylabel|legend|matshow|pie|contour"
    r"|contourf|plot_\w+|\w+_report|confusion_matrix|\w+_score|\w+_error|roc_curve|auc|ConfusionMatrixDisplay|info"
    r"|warning"
)
TRANSFORMERS = re.compile(
    r"(?:Scaler|Encoder|Vectorizer|Imputer|Transformer|Binarizer|Normalizer|Discretizer|Features|PCA|SVD|Selector"
    r"|SelectKBest|TSNE|Tokenizer|Hasher|Reducer|LDA|SMOTE|Sampler|VarianceThreshold|RFE)$"
)
SAVE = {"dump", "save", "save_model", "save_weights", "to_pickle"}


class Judge:
    """Tells the roles of statements, given the functions and classes of the script."""

    def __init__(self, definitions: Mapping[str, ast.stmt], constructors: Mapping[str, set[str]]) -> None:
        """Judge by these.

        Args:
            definitions: The functions and classes of the script, by name.
            constructors: For each variable, the names of what was called to make it, such as `StandardScaler`.
        """
        self._definitions = dict(definitions)
        self._constructors = constructors
        self._known: dict[int, tuple[ast.AST, set[Role]]] = {}
        self._methods: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for definition in definitions.values():
            if isinstance(definition, ast.ClassDef):
                for item in definition.body:
                    if isinstance(item, FUNCTIONS):
                        self._methods.setdefault(item.name, []).append(item)
            else:
                for inner in ast.walk(definition):
                    if isinstance(inner, FUNCTIONS):
                        self._definitions.setdefault(inner.name, inner)

    def evidence(self, node: ast.AST) -> list[Evidence]:
        """Return what shows the roles of a piece of code, with the lines of the piece itself."""
        return list(self._evidence(node, frozenset()))

    def roles(self, node: ast.AST) -> set[Role]:
        """Return the roles of a piece of code."""
        # A node is told by its identity: it must live as long as what is known of it.
        if id(node) not in self._known:
            self._known[id(node)] = node, {evidence.role for evidence in self.evidence(node)}
        return self._known[id(node)][1]

    def _evidence(self, node: ast.AST, within: frozenset[str]) -> Iterator[Evidence]:
        skip: set[int] = set()
        # `with open("model.pkl") as f: model = pickle.load(f)`: the file and the variable tell what is loaded.
        tells = _about_model(node)
        for part in ast.walk(node):
            if id(part) in skip:
                continue
            if isinstance(part, (*FUNCTIONS, ast.ClassDef)) and part is not node:
                # A definition does nothing until it is called; a lambda is called where it stands, nearly always.
                skip |= {id(inner) for inner in ast.walk(part)}
            elif isinstance(part, ast.Call):
                yield from self._call(part, within, tells=tells)
            elif isinstance(part, ast.Attribute) and part.attr in WEAK_ATTRIBUTES and isinstance(part.ctx, ast.Load):
                yield Evidence(Role.WEAK_INFER, part.attr, part.lineno)
            elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult):
                yield Evidence(Role.COMPUTE, "@", part.lineno)

    def _call(self, call: ast.Call, within: frozenset[str], *, tells: bool = False) -> Iterator[Evidence]:
        name = called(call)
        if not name:
            return
        found = set(self._roles(name, call, tells=tells))
        for argument in (*call.args, *(k.value for k in call.keywords)):
            # A function that is handed on is called there: `df.apply(classify)`.
            if isinstance(argument, ast.Name) and isinstance(self._definitions.get(argument.id), FUNCTIONS):
                yield from self._call(ast.copy_location(ast.Call(argument, [], []), call), within)
        bodies, key = self._bodies(name, call)
        if bodies is not None and key not in within:
            inner = {e.role for body in bodies for s in body for e in self._evidence(s, within | {key})}
            model = found & {Role.INFER, Role.TRAIN}
            # A name alone does not make a report, or what reads, a model: `plot_predictions`, `load_training_set`.
            found = (
                inner if inner & {Role.WRITE, Role.READ} and not isinstance(call.func, ast.Attribute) else inner | model
            )
        for role in sorted(found, key=lambda role: role.name):
            yield Evidence(role, name, call.lineno)

    def _bodies(self, name: str, call: ast.Call) -> tuple[list[list[ast.stmt]] | None, str]:
        """Return the script's own code that a call runs, and a name for it; None if it is not the script's."""
        definition = self._definitions.get(name) if isinstance(call.func, ast.Name) else None
        if isinstance(definition, FUNCTIONS):
            return [definition.body], name
        if isinstance(definition, ast.ClassDef):
            return [m.body for m in definition.body if isinstance(m, FUNCTIONS) and m.name == "__init__"], name
        if isinstance(call.func, ast.Attribute) and name in self._methods:
            return [method.body for method in self._methods[name]], f".{name}"
        return None, name

    def _roles(self, name: str, call: ast.Call, *, tells: bool) -> Iterator[Role]:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in TRANSFORM:
            yield Role.TRANSFORM
        if name in COMPUTE:
            yield Role.COMPUTE
        if name == "input":
            # Its prompt is printed.
            yield from (Role.READ, Role.WRITE)
        for role in self._model_roles(name, is_own=owner is None or name in self._methods):
            # What transforms data is fitted, too; that is no training. A model named like one still infers.
            if role is Role.INFER or not (owner and self._is_transformer(owner)):
                yield role
        if name in LOAD and (name in LOAD_MODEL or tells or _mentions_model(call)):
            yield Role.LOAD_MODEL
        elif READ.fullmatch(name) or (name in {"open", "load"} and not opens_to_write(call)):
            yield Role.READ
        if name in SAVE and _mentions_model(call):
            yield Role.SAVE_MODEL
        elif (WRITE.fullmatch(name) and name not in WEAK_CALLS) or (name == "open" and opens_to_write(call)):
            yield Role.WRITE

    def _model_roles(self, name: str, *, is_own: bool) -> Iterator[Role]:
        words = {word.lower() for word in WORD.findall(name)} if is_own and not name[:1].isupper() else set()
        words = set() if words & OTHER_WORDS else words
        if name in INFER or words & INFER_WORDS:
            yield Role.INFER
        if name in WEAK_CALLS:
            yield Role.WEAK_INFER
        if name in TRAIN or words & TRAIN_WORDS:
            yield Role.TRAIN

    def _is_transformer(self, value: ast.AST) -> bool:
        if isinstance(value, ast.Call):
            made = {called(value) or ""}
            if isinstance(value.func, ast.Attribute) and value.func.attr == "fit":
                return self._is_transformer(value.func.value)
        elif isinstance(value, ast.Name):
            made = self._constructors.get(value.id, set())
        elif isinstance(value, ast.Attribute):
            made = self._constructors.get(value.attr, set())
        else:
            return False
        return bool(made) and all(TRANSFORMERS.search(name) for name in made)


def constructors(tree: ast.AST) -> dict[str, set[str]]:
    """Return for each variable, or attribute, the names of what was called to make it."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            value = node.value
            while (
                isinstance(value.func, ast.Attribute)
                and isinstance(value.func.value, ast.Call)
                and value.func.attr == "fit"
            ):
                value = value.func.value
            for target in node.targets:
                if isinstance(target, ast.Name | ast.Attribute) and (name := called(value)):
                    found.setdefault(target.id if isinstance(target, ast.Name) else target.attr, set()).add(name)
    return found


def called(call: ast.Call) -> str | None:
    """Return the last name of what is called: `predict` of `model.predict(X)`."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _about_model(node: ast.AST) -> bool:
    """Whether a statement binds or opens what is named like a model."""
    if isinstance(node, ast.Assign):
        return any(MODEL_FILE.search(ast.unparse(target)) for target in node.targets)
    if isinstance(node, ast.With):
        opened = any(MODEL_FILE.search(ast.unparse(item.context_expr)) for item in node.items)
        return opened or any(_about_model(statement) for statement in node.body)
    return False


def _mentions_model(call: ast.Call) -> bool:
    """Whether the text of a call's arguments speaks of a model: a file name, a variable."""
    return any(MODEL_FILE.search(ast.unparse(a)) for a in (*call.args, *(k.value for k in call.keywords)))


def opens_to_write(call: ast.Call) -> bool:
    """Return whether a call of `open` may change the file."""
    modes = [*call.args[1:2]] + [k.value for k in call.keywords if k.arg == "mode"]
    return any(isinstance(m, ast.Constant) and isinstance(m.value, str) and set(m.value) & set("wax+") for m in modes)
