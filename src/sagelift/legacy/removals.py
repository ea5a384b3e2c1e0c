"""What libraries and Python have removed since: with which version, and how to find it in code.

Each entry is from the release notes of its library, under the version that removed it.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sagelift.legacy.imports import Import, find
from sagelift.legacy.references import References

PYTHON = "Python"

# Full names of modules, functions and attributes; a module stands for all in it.
_NAMES: Mapping[str, Mapping[str, str]] = {
    PYTHON: {
        "3.8": "time.clock platform.linux_distribution platform.dist cgi.escape os.popen2 os.popen3",
        "3.9": "fractions.gcd base64.encodestring base64.decodestring _dummy_thread dummy_threading",
        "3.10": (
            "collections.Callable collections.Iterable collections.Iterator collections.Mapping "
            "collections.MutableMapping collections.Sequence collections.MutableSequence collections.Set "
            "collections.Hashable collections.Sized formatter parser symbol"
        ),
        "3.11": "asyncio.coroutine inspect.getargspec binhex",
        "3.12": (
            "imp distutils asynchat asyncore smtpd configparser.SafeConfigParser locale.format pkgutil.ImpImporter"
        ),
        "3.13": (
            "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes "
            "sndhdr spwd sunau telnetlib uu xdrlib unittest.makeSuite locale.resetlocale"
        ),
    },
    "numpy": {
        "1.18": "numpy.rank",
        "1.23": "numpy.asscalar",
        "1.24": "numpy.complex numpy.float numpy.int numpy.object numpy.str numpy.unicode",
        "2.0": (
            "numpy.Inf numpy.Infinity numpy.infty numpy.NaN numpy.NAN numpy.NINF numpy.PINF numpy.NZERO "
            "numpy.PZERO numpy.float_ numpy.complex_ numpy.string_ numpy.unicode_ numpy.longfloat "
            "numpy.singlecomplex numpy.cfloat numpy.alltrue numpy.sometrue numpy.product numpy.cumproduct "
            "numpy.asfarray numpy.cast numpy.find_common_type numpy.mat numpy.msort numpy.round_ "
            "numpy.safe_eval numpy.source numpy.lookfor numpy.issctype numpy.issubclass_ "
            "numpy.set_string_function numpy.recfromcsv numpy.recfromtxt numpy.DataSource numpy.who"
        ),
    },
    "pandas": {
        "0.20": "pandas.stats",
        "0.23": (
            "pandas.ewma pandas.ewmstd pandas.rolling_apply pandas.rolling_corr pandas.rolling_max "
            "pandas.rolling_mean pandas.rolling_median pandas.rolling_min pandas.rolling_std "
            "pandas.rolling_sum pandas.rolling_var pandas.expanding_mean"
        ),
        "0.25": "pandas.Panel pandas.WidePanel pandas.TimeGrouper pandas.tools pandas.scatter_matrix",
        "2.0": (
            "pandas.datetime pandas.np pandas.Int64Index pandas.UInt64Index pandas.Float64Index "
            "pandas.util.testing pandas.SparseArray pandas.io.json.json_normalize"
        ),
        "3.0": "pandas.value_counts",
    },
    "scikit-learn": {
        "0.20": (
            "sklearn.cross_validation sklearn.grid_search sklearn.learning_curve sklearn.lda sklearn.qda "
            "sklearn.mixture.GMM sklearn.mixture.VBGMM sklearn.mixture.DPGMM "
            "sklearn.decomposition.RandomizedPCA"
        ),
        "0.21": "sklearn.linear_model.RandomizedLasso sklearn.linear_model.RandomizedLogisticRegression",
        "0.22": (
            "sklearn.preprocessing.Imputer sklearn.preprocessing.CategoricalEncoder sklearn.datasets.fetch_mldata"
        ),
        "0.23": (
            "sklearn.externals.joblib sklearn.externals.six sklearn.metrics.calinski_harabaz_score "
            "sklearn.metrics.jaccard_similarity_score"
        ),
        "0.24": (
            "sklearn.cluster.k_means_ sklearn.ensemble.forest sklearn.ensemble.gradient_boosting "
            "sklearn.linear_model.base sklearn.metrics.classification sklearn.metrics.scorer "
            "sklearn.neighbors.classification sklearn.neural_network.multilayer_perceptron "
            "sklearn.preprocessing.data sklearn.preprocessing.imputation sklearn.preprocessing.label "
            "sklearn.svm.classes sklearn.tree.tree sklearn.utils.testing sklearn.feature_selection.base "
            "sklearn.datasets.samples_generator sklearn.datasets.base"
        ),
        "1.2": (
            "sklearn.datasets.load_boston sklearn.metrics.plot_confusion_matrix "
            "sklearn.metrics.plot_roc_curve sklearn.metrics.plot_precision_recall_curve"
        ),
        "1.3": "sklearn.inspection.plot_partial_dependence",
    },
    "scipy": {
        "1.0": "scipy.misc.comb scipy.misc.factorial scipy.misc.logsumexp",
        "1.2": (
            "scipy.misc.imread scipy.misc.imresize scipy.misc.imsave scipy.misc.imfilter scipy.misc.imrotate "
            "scipy.misc.toimage scipy.ndimage.imread"
        ),
        "1.12": (
            "scipy.misc.derivative scipy.misc.face scipy.misc.ascent scipy.misc.electrocardiogram "
            "scipy.misc.central_diff_weights scipy.interp scipy.zeros scipy.ones scipy.array scipy.arange "
            "scipy.linspace scipy.mean scipy.exp scipy.log scipy.sqrt scipy.dot"
        ),
        "1.13": (
            "scipy.signal.hann scipy.signal.hamming scipy.signal.blackman scipy.signal.gaussian scipy.signal.kaiser"
        ),
        "1.14": "scipy.integrate.simps scipy.integrate.trapz scipy.integrate.cumtrapz",
    },
    "matplotlib": {
        "2.2": "matplotlib.finance",
        "3.0": "matplotlib.pyplot.hold",
        "3.1": ("matplotlib.mlab.normpdf matplotlib.mlab.PCA matplotlib.mlab.csv2rec matplotlib.mlab.griddata"),
        "3.9": "matplotlib.cm.get_cmap",
    },
    "statsmodels": {
        "0.13": ("statsmodels.tsa.arima_model statsmodels.tsa.arima_model.ARIMA statsmodels.tsa.arima_model.ARMA"),
    },
    "tensorflow": {
        "2.0": (
            "tensorflow.contrib tensorflow.Session tensorflow.InteractiveSession tensorflow.placeholder "
            "tensorflow.app tensorflow.flags tensorflow.get_variable tensorflow.global_variables_initializer "
            "tensorflow.ConfigProto tensorflow.set_random_seed tensorflow.logging tensorflow.examples"
        ),
    },
    "gensim": {
        "4.0": "gensim.summarization gensim.models.wrappers",
    },
}

# Methods and attributes by their name alone; legacy code has no types. Only those that hardly anything else has.
_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "pandas": {
        "1.0": "ix as_matrix convert_objects get_value set_value get_dtype_counts",
        "2.0": "iteritems iterkv mad",
        "3.0": "applymap",
    },
    "scikit-learn": {"1.2": "get_feature_names"},
    "tensorflow": {"2.6": "predict_classes predict_proba_generator"},
}

# Arguments by the name of what is called.
_ARGUMENTS: Mapping[str, Mapping[tuple[str, str], str]] = {
    "pandas": {
        (
            "read_csv read_table",
            "error_bad_lines warn_bad_lines prefix mangle_dupe_cols squeeze",
        ): "2.0",
        ("read_csv read_table", "delim_whitespace"): "3.0",
        ("to_csv", "line_terminator"): "2.0",
        ("read_excel", "sheetname parse_cols"): "0.25",
        ("fillna", "method"): "3.0",
        ("append", "ignore_index verify_integrity sort"): "2.0",
    },
    "scikit-learn": {
        ("OneHotEncoder", "categorical_features n_values"): "0.22",
        ("OneHotEncoder", "sparse"): "1.4",
        ("KMeans", "n_jobs precompute_distances"): "1.0",
        ("GridSearchCV RandomizedSearchCV", "iid"): "0.24",
        ("LinearRegression Ridge Lasso ElasticNet LassoCV RidgeCV Lars LassoLars", "normalize"): "1.2",
        ("AgglomerativeClustering", "affinity"): "1.4",
        ("AdaBoostClassifier AdaBoostRegressor BaggingClassifier BaggingRegressor", "base_estimator"): "1.4",
        (
            "DecisionTreeClassifier DecisionTreeRegressor GradientBoostingClassifier GradientBoostingRegressor",
            "presort min_impurity_split",
        ): "1.0",
        ("RandomForestClassifier RandomForestRegressor", "min_impurity_split"): "1.0",
        ("mean_squared_error", "squared"): "1.6",
        ("TSNE", "n_iter"): "1.7",
    },
    "matplotlib": {("hist", "normed"): "3.1"},
    "gensim": {("Word2Vec FastText Doc2Vec", "size iter"): "4.0"},
    "lightgbm": {("train cv fit", "verbose_eval early_stopping_rounds evals_result"): "4.0"},
}

# The values of arguments that were removed, likewise.
_VALUES: Mapping[str, Mapping[tuple[str, str, str], str]] = {
    "scikit-learn": {
        ("DecisionTreeRegressor RandomForestRegressor ExtraTreesRegressor", "criterion", "mse mae"): "1.2",
        (
            "RandomForestClassifier RandomForestRegressor DecisionTreeClassifier DecisionTreeRegressor",
            "max_features",
            "auto",
        ): "1.3",
        ("SGDClassifier", "loss", "log"): "1.3",
        ("GradientBoostingClassifier", "loss", "deviance"): "1.3",
        ("GradientBoostingRegressor", "loss", "ls lad"): "1.2",
        ("LogisticRegression", "penalty", "none"): "1.4",
    },
}

_MODULES = {
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "tensorflow": "tensorflow keras",
    "matplotlib": "matplotlib seaborn pandas",
    "gensim": "gensim",
    "lightgbm": "lightgbm",
}
"""What has to be imported for a method or an argument to be taken for that of a library."""


@dataclass(frozen=True)
class Removal:
    """Something that code uses, and that is no more.

    Attributes:
        name: What it is, as the code has it.
        library: The distribution that removed it, or `Python`.
        version: The first version without it.
        line: The line of the code.
    """

    name: str
    library: str
    version: str
    line: int

    def __str__(self) -> str:
        """Return it as a person would say it."""
        return f"{self.name} was removed from {self.library} {self.version}"


def search(tree: ast.AST) -> list[Removal]:
    """Return what code uses that newer versions of Python or of a library do not have, each once by its first line."""
    references = References(tree)
    imports = find(tree)
    tops = {module.top for module in imports}
    known = {library for library, modules in _MODULES.items() if tops & set(modules.split())}
    found: dict[tuple[str, str], Removal] = {}
    for removal in [
        *_imported(imports),
        *(r for node in ast.walk(tree) for r in _used(node, references, known)),
    ]:
        key = removal.name, removal.version
        if key not in found or removal.line < found[key].line:
            found[key] = removal
    return sorted(found.values(), key=lambda removal: removal.line)


def _imported(imports: Iterable[Import]) -> Iterator[Removal]:
    for module in imports:
        # An import that may fail does so in newer versions, and the code goes on.
        if module.is_optional:
            continue
        if entry := _entry(module.module):
            yield Removal(*entry, module.line)


def _used(node: ast.AST, references: References, known: set[str]) -> Iterator[Removal]:
    if isinstance(node, ast.Attribute):
        if references.is_imported(node):
            # Modules count by their import, once.
            if (entry := _entry(references.name(node), whole=True)) and "." in entry[0]:
                yield Removal(*entry, node.lineno)
        elif node.attr in _BY_ATTRIBUTE:
            library, version = _BY_ATTRIBUTE[node.attr]
            if library in known:
                yield Removal(f".{node.attr}", library, version, node.lineno)
    elif isinstance(node, ast.Call):
        yield from _arguments(node, references, known)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and "pandas" in known:
        # The append of a list returns nothing that anybody would keep.
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr == "append" and not references.is_imported(function):
            yield Removal(".append", "pandas", "2.0", node.lineno)


def _arguments(call: ast.Call, references: References, known: set[str]) -> Iterator[Removal]:
    name = references.name(call.func).rpartition(".")[2]
    for keyword in call.keywords:
        if entry := _BY_ARGUMENT.get((name, keyword.arg or "")):
            if name == "append":
                yield from (Removal(".append", *entry, call.lineno) for _ in [0] if entry[0] in known)
            elif entry[0] in known:
                yield Removal(f"{name}({keyword.arg}=…)", *entry, call.lineno)
        if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            entry = _BY_VALUE.get((name, keyword.arg or "", keyword.value.value))
            if entry and entry[0] in known:
                yield Removal(f'{name}({keyword.arg}="{keyword.value.value}")', *entry, call.lineno)
    if references.name(call.func) == "matplotlib.pyplot.style.use" and call.args:
        style = references.text(call.args[0]) or ""
        if re.match(r"seaborn(?:-|$)", style):
            yield Removal(f'style.use("{style}")', "matplotlib", "3.8", call.lineno)


def _entry(name: str, *, whole: bool = False) -> tuple[str, str, str] | None:
    """Return the removed name that a full name is, or is in; with its library and version."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in _BY_NAME:
            return prefix, *_BY_NAME[prefix]
        if whole:
            return None
    return None


_BY_NAME = {
    name: (library, version)
    for library, versions in _NAMES.items()
    for version, names in versions.items()
    for name in names.split()
}
_BY_ATTRIBUTE = {
    name: (library, version)
    for library, versions in _ATTRIBUTES.items()
    for version, names in versions.items()
    for name in names.split()
}
_BY_ARGUMENT = {
    (function, argument): (library, version)
    for library, entries in _ARGUMENTS.items()
    for (functions, arguments), version in entries.items()
    for function in functions.split()
    for argument in arguments.split()
}
_BY_VALUE = {
    (function, argument, value): (library, version)
    for library, entries in _VALUES.items()
    for (functions, argument, values), version in entries.items()
    for function in functions.split()
    for value in values.split()
}
