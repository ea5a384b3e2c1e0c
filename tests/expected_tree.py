"""Every file of a generated repository, by its owner."""

# Rendered from the answers; an update renders them again.
ANSWERS = {
    ".copier-answers.yml",
    "Dockerfile",
    "README.md",
    "settings.json",
}

# The user's own; an update leaves them alone.
SEEDS = {
    "data/sample/sample.csv",
    "model/weights.json",
    "packages.txt",
    "parameters/dev.json",
    "parameters/prod.json",
    "requirements.txt",
    "src/postprocessing.py",
    "src/predict.py",
    "src/preprocessing.py",
    "src/tables.py",
    "tests/test_model.py",
}

# The template's own; an update replaces them.
STATIC = {
    ".dockerignore",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "Makefile",
    "ops/__init__.py",
    "ops/__main__.py",
    "ops/checks.py",
    "ops/cli.py",
    "ops/containers.py",
    "ops/data/scikit_images.json",
    "ops/definition.py",
    "ops/errors.py",
    "ops/execution.py",
    "ops/images.py",
    "ops/imports.py",
    "ops/local/__init__.py",
    "ops/local/cloud.py",
    "ops/local/container.py",
    "ops/local/environments.py",
    "ops/local/images.py",
    "ops/local/interpreter.py",
    "ops/local/processing.py",
    "ops/local/pythons.py",
    "ops/local/report.py",
    "ops/local/run.py",
    "ops/parameters.py",
    "ops/progress.py",
    "ops/repository.py",
    "ops/requests.py",
    "ops/settings.py",
    "ops/testing.py",
    "parameters/parameters.schema.json",
    "pyproject.toml",
    "tests/contract/conftest.py",
    "tests/contract/test_scripts.py",
    "tests/contract/test_workflow.py",
    "uv.lock",
    "workflow/state_machine.asl.json",
}

EXPECTED = ANSWERS | SEEDS | STATIC
