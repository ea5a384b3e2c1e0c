# Where uv is missing, it is installed into .tools, for this folder alone.
UV := $(or $(shell command -v uv),.tools/bin/uv)

.PHONY: help setup demo test lint generated docs bench freeze

help:  ## Show this help.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: $(UV)  ## Install everything that the project needs, into .venv.
	@$(UV) sync --quiet

demo: setup  ## Generate a repository for the example model and run its workflow here.
	@$(UV) run examples/abalone/generate.py build/demo --replace
	@$(UV) --directory build/demo run --quiet ops run
	@echo "These paths are in build/demo, the repository that was generated."

test: setup  ## Run every test that this machine can run, and say what was left out, and why.
	@$(UV) run pytest --numprocesses=auto --dist=loadgroup --durations=15

lint: setup  ## Check the style and the types of everything, as pre-commit does at each commit.
	@$(UV) run pre-commit run --all-files

generated: setup  ## Write anew what is made from other files: the parameters' schema, the template's manifest, the reference.
	@$(UV) run python -c "from ops.parameters import json_schema; print(json_schema(), end='')" > template/parameters/parameters.schema.json
	@$(UV) run tests/manifest.py
	@$(UV) run docs/reference.py

docs: setup  ## Build the documentation into build/site, strictly.
	@$(UV) run docs/build.py

bench: setup  ## Measure what benchmarks/README.md reports.
	@$(UV) run benchmarks/run.py

freeze: setup  ## Keep the template for the tests of updates, before it is released: VERSION=v1.2.3
	@$(UV) run tests/freeze.py $(VERSION)

.tools/bin/uv:
	@python3 -m venv .tools || { echo "error: Python's venv is missing: install it (Debian: apt install python3-venv), or install uv." >&2; exit 1; }
	@.tools/bin/pip install --quiet uv
