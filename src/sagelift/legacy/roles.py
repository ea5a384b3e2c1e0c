"""What a statement of legacy code does for the model: read data, train, load the model, infer, show results.

Judged by the names of what is called, through the script's own functions and methods: legacy code has no types.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from sagelift.legacy.names import COMPREHENSIONS, FUNCTIONS

Function = ast.FunctionDef | ast.AsyncFunctionDef


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
    CALCULATE = "calculates by a function of its own"


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
# What a model is made of where it is written by hand, and what stands for it: algebra, distances, statistical tests.
COMPUTE = {
    "acf", "adfuller", "anova_lm", "cdist", "chi2_contingency", "chisquare", "cosine_similarity", "dot", "eig", "eigh",
    "einsum", "euclidean_distances", "f_oneway", "fcluster", "fisher_exact", "grangercausalitytests", "inv",
    "kendalltau", "kpss", "kruskal", "ks_2samp", "kstest", "levene", "linear_kernel", "linkage", "mannwhitneyu",
    "matmul", "multi_dot", "normaltest", "pacf", "pairwise_distances", "pairwise_tukeyhsd", "pdist", "pearsonr",
    "pinv", "proportions_ztest", "seasonal_decompose", "shapiro", "sigmoid", "softmax", "solve", "spearmanr", "svd",
    "ttest_1samp", "ttest_ind", "ttest_rel", "wilcoxon", "ztest",
}  # fmt: skip
TRAIN = {
    "auto_arima", "curve_fit", "fit", "fit_constrained", "fit_generator", "fit_predict", "fit_regularized", "fmin",
    "fmin_bfgs", "fmin_cg", "linregress", "lstsq", "minimize", "partial_fit", "polyfit", "train",
}  # fmt: skip
# Words of the names that people give to functions of their own: `classify0`, `predict_one`, `gradAscent`, `trainNB`.
INFER_WORDS = {
    "classify", "forecast", "infer", "inference", "predict", "prediction", "predictions", "recommend", "recommendation",
    "recommendations",
}  # fmt: skip
TRAIN_WORDS = {"ascent", "backprop", "backpropagation", "descent", "fit", "optimize", "regression", "sgd", "train"}
# Words of functions that handle the data or the results: `train_test_split`, `save_predictions`.
OTHER_WORDS = {
    "dump", "evaluate", "export", "get", "load", "make", "plot", "print", "read", "save", "show", "split", "write",
}  # fmt: skip
# Words of functions that prepare the data, or judge the results; what else reckons may be a model.
DATA_WORDS = {
    "accuracy", "clean", "convert", "data", "dataset", "encode", "err", "error", "extract", "feature", "features",
    "file", "fill", "filter", "format", "impute", "load", "mae", "mse", "norm", "normalise", "normalize", "parse",
    "parser", "plot", "prepare", "preprocess", "preprocessing", "print", "read", "rmse", "save", "scale", "show",
    "split", "standardise", "standardize", "tokenize", "transform", "write",
}  # fmt: skip
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
    r"print|display|pprint|savefig|savetxt|save|savez|show|write\w*|imshow|imsave|dump"
    r"|to_(?:csv|excel|json|pickle|parquet|sql|html|latex|markdown|feather|string|clipboard)"
    r"|plot|scatter|hist|bar|barh|barplot|boxplot|countplot|heatmap|pairplot|displot|distplot|lineplot|scatterplot"
    r"|kdeplot|violinplot|histplot|regplot|jointplot|subplots|[Ff]igure|title|xlabel|ylabel|legend|matshow|pie|contour"
    r"|contourf|add_(?:bar|scatter|subplot|trace)|update_layout|plot_\w+|\w+_report|confusion_matrix|\w+_score"
    r"|\w+_error|roc_curve|auc|ConfusionMatrixDisplay|info|warning"
)
DRAW = re.compile(r"contourf?|imshow|matshow|pcolormesh|(?:draw|plot|show|visuali[sz]e)(?:_\w+)?|scatter")
TRANSFORMERS = re.compile(
    r"(?:Scaler|Encoder|Vectorizer|Imputer|Transformer|Binarizer|Normalizer|Discretizer|Features|PCA|SVD|Selector"
    r"|SelectKBest|TSNE|Tokenizer|Hasher|Reducer|LDA|SMOTE|Sampler|VarianceThreshold|RFE)$"
)
CALCULATING = (ast.AugAssign, ast.For, ast.While, *COMPREHENSIONS)
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
        self._methods: dict[str, list[Function]] = {}
        for definition in definitions.values():
            if isinstance(definition, ast.ClassDef):
                for item in definition.body:
                    if isinstance(item, FUNCTIONS):
                        self._methods.setdefault(item.name, []).append(item)
            elif isinstance(definition, FUNCTIONS):
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
        functions, key = self._own(name, call)
        if functions is not None and key not in within:
            shown = [e for f in functions for s in f.body for e in self._evidence(s, within | {key})]
            inner = {e.role for e in shown}
            leaves = any(map(_leaves_something, functions))
            # A name alone does not make a report, or what reads, a model: `evaluate_prediction`, `load_training_set`.
            is_told = key.startswith(".") or (Role.READ not in inner and (Role.WRITE not in inner or leaves))
            found = inner | (found & {Role.INFER, Role.TRAIN} if is_told else set())
            if not leaves and any(e.role is Role.WRITE and DRAW.fullmatch(e.text) for e in shown):
                # What is predicted only to be drawn is no result: the regions of a classifier.
                found = {Role.WEAK_INFER if role is Role.INFER else role for role in found}
            told = found & {Role.INFER, Role.TRAIN, Role.WEAK_INFER, Role.TRANSFORM, Role.COMPUTE, Role.READ}
            if not told and not _words(name) & DATA_WORDS and any(map(_calculates, functions)):
                found.add(Role.CALCULATE)
        for role in sorted(found, key=lambda role: role.name):
            yield Evidence(role, name, call.lineno)

    def _own(self, name: str, call: ast.Call) -> tuple[list[Function] | None, str]:
        """Return the functions of one's own that a call may run, and a name for them; None if it runs none."""
        key = ast.unparse(call.func)
        definition = self._definitions.get(key)
        if isinstance(definition, FUNCTIONS):
            return [definition], key
        if isinstance(definition, ast.ClassDef):
            return [m for m in definition.body if isinstance(m, FUNCTIONS) and m.name == "__init__"], key
        return (self._methods.get(name), f".{name}") if isinstance(call.func, ast.Attribute) else (None, key)

    def _roles(self, name: str, call: ast.Call, *, tells: bool) -> Iterator[Role]:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in TRANSFORM:
            yield Role.TRANSFORM
        if name in COMPUTE:
            yield Role.COMPUTE
        if name == "input":
            # Its prompt is printed.
            yield from (Role.READ, Role.WRITE)
        for role in self._model_roles(name, is_own=owner is None or self._own(name, call)[0] is not None):
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
        words = _words(name) if is_own and not name[:1].isupper() else set()
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


def _words(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def _leaves_something(function: Function) -> bool:
    """Whether what a function finds is there after it: it returns a value, or binds a variable of the script."""
    own = [n for s in function.body for n in ast.walk(s)]
    return any((isinstance(n, ast.Return) and n.value is not None) or isinstance(n, ast.Global) for n in own)


def _calculates(function: Function) -> bool:
    """Whether a function returns what it reckons, or finds in a loop."""
    parts = [n for s in function.body for n in ast.walk(s)]
    returns = any(isinstance(n, ast.Return) and not isinstance(n.value, ast.Constant | None) for n in parts)
    return returns and any(isinstance(n, CALCULATING) or _is_arithmetic(n) for n in parts)


def _is_arithmetic(node: ast.AST) -> bool:
    """Whether something is reckoned, and no text put together."""
    texts = isinstance(node, ast.BinOp) and any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str))
        for n in ast.walk(node)
    )
    return isinstance(node, ast.BinOp) and not texts


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
