"""Which distribution an imported module comes from, where no environment tells.

No kept library has this list: what maps names elsewhere reads an installed environment, as `environment` does, or holds
a database of all of PyPI. A module that is not listed stays unknown: to install what merely has the same name would run
code of whoever registered it.
"""

from collections.abc import Mapping

OTHER_NAMES: Mapping[str, str] = {
    "bs4": "beautifulsoup4",
    "Bio": "biopython",
    "cv2": "opencv-python-headless",
    "absl": "absl-py",
    "community": "python-louvain",
    "Crypto": "pycryptodome",
    "cx_Oracle": "cx-Oracle",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "feather": "feather-format",
    "fitz": "pymupdf",
    "git": "GitPython",
    "imblearn": "imbalanced-learn",
    "IPython": "ipython",
    "jwt": "PyJWT",
    "Levenshtein": "levenshtein",
    "mpl_toolkits": "matplotlib",
    "mysql": "mysql-connector-python",
    "MySQLdb": "mysqlclient",
    "nacl": "PyNaCl",
    "OpenSSL": "pyOpenSSL",
    "odf": "odfpy",
    "osgeo": "GDAL",
    "paho": "paho-mqtt",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pylab": "matplotlib",
    "pythoncom": "pywin32",
    "pywt": "PyWavelets",
    "scikitplot": "scikit-plot",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sksurv": "scikit-survival",
    "skopt": "scikit-optimize",
    "snowflake": "snowflake-connector-python",
    "surprise": "scikit-surprise",
    "tlz": "toolz",
    "umap": "umap-learn",
    "win32api": "pywin32",
    "win32com": "pywin32",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}
"""Modules whose distribution has another name."""

BELOW: Mapping[str, str] = {
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "google.protobuf": "protobuf",
    "ruamel.yaml": "ruamel.yaml",
}
"""The same for modules of which several distributions hold parts."""

SAME_NAMES = frozenset({
    "altair", "annoy", "arch", "arviz", "autogluon", "black", "bokeh", "boto3", "botocore", "catboost",
    "category_encoders", "celery", "chardet", "click", "cloudpickle", "cvxopt", "cvxpy", "cycler", "cython", "dask",
    "datasets", "deap", "dill", "distributed", "dtreeviz", "duckdb", "eli5", "emoji", "fastai", "fastapi",
    "fastparquet", "fbprophet", "featuretools", "filterpy", "flair", "flask", "folium", "ftfy", "fuzzywuzzy",
    "gensim", "geopandas", "geopy", "gluonts", "graphviz", "gym", "gymnasium", "h2o", "h5py", "hdbscan", "hmmlearn",
    "holidays", "html5lib", "httpx", "hyperopt", "igraph", "imageio", "implicit", "interpret", "ipywidgets", "jax",
    "jieba", "jinja2", "joblib", "jsonschema", "kaggle", "keras", "kmodes", "langdetect", "librosa", "lifelines",
    "lightfm", "lightgbm", "lime", "llvmlite", "lmfit", "lxml", "mapie", "matplotlib", "missingno", "mlflow",
    "mlxtend", "mne", "modin", "more_itertools", "mpmath", "multiprocess", "nbformat", "networkx", "neuralprophet",
    "ngboost", "nibabel", "nltk", "node2vec", "numba", "numexpr", "numpy", "numpy_financial", "onnx", "onnxruntime",
    "openai", "openpyxl", "optuna", "oracledb", "orjson", "packaging", "pandas", "pandas_datareader",
    "pandas_profiling", "pandasql", "patsy", "peewee", "pint", "plotly", "plotnine", "pmdarima", "polars",
    "prettytable", "prophet", "psutil", "psycopg", "pulp", "pyarrow", "pycaret", "pydantic", "pydot", "pydotplus",
    "pyemd", "pygam", "pyglmnet", "pykalman", "pymc", "pymc3", "pymongo", "pymssql", "pymysql", "pyod", "pyodbc",
    "pyomo", "pyparsing", "pypdf", "PyPDF2", "pyproj", "pyreadstat", "pyspark", "pystan", "pytesseract",
    "python_speech_features", "pytorch_lightning", "pyts", "pytz", "pyxlsb", "rapidfuzz", "rasterio",
    "recordlinkage", "redis", "regex", "requests", "rich", "river", "rpy2", "s3fs", "sacrebleu", "schedule",
    "scipy", "scrapy", "seaborn", "selenium", "sentence_transformers", "sentencepiece", "setuptools", "shap",
    "shapely", "simpy", "six", "sktime", "spacy", "sqlalchemy", "stanza", "statsforecast", "statsmodels",
    "streamlit", "sympy", "tables", "tabulate", "tblib", "tensorflow", "tensorflow_datasets", "tensorflow_hub",
    "tensorflow_probability", "termcolor", "textblob", "textstat", "theano", "thefuzz", "threadpoolctl", "tiktoken",
    "tokenizers", "toolz", "torch", "torchaudio", "torchmetrics", "torchtext", "torchvision", "tornado", "tpot",
    "tqdm", "transformers", "treeinterpreter", "tsfresh", "tslearn", "tweepy", "typing_extensions", "ujson",
    "unidecode", "urllib3", "vaderSentiment", "werkzeug", "wordcloud", "xarray", "xgboost", "xlrd", "xlsxwriter",
    "xlwt", "yellowbrick", "yfinance", "zstandard",
})  # fmt: skip
"""Modules whose distribution has their name, with hyphens for underscores."""


def of(module: str) -> str | None:
    """Return the distribution that a module is known to come from, by the module's full name; None if it is not."""
    for prefix, distribution in BELOW.items():
        if module == prefix or module.startswith(f"{prefix}."):
            return distribution
    top = module.partition(".")[0]
    return OTHER_NAMES.get(top) or (top.replace("_", "-") if top in SAME_NAMES else None)
