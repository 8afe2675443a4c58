# Everything a developer runs. `make help` lists the targets; the first one that needs
# it makes a virtual environment in .venv and installs the package there, editable.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
ARGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/resnet50.py

# One thread a worker: the tests run side by side.
test: export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test check lint type fmt golden bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY)  ## compile ResNet-50 from its spec and show the result
	@mkdir -p $(dir $(DEMO))
	$(BIN)/modelspec build examples/resnet.yaml:resnet50 -o $(DEMO) --force
	@echo
	@echo "The source it wrote, $(DEMO), begins:"
	@echo
	@head -n 60 $(DEMO)
	@echo "..."

test: $(READY)  ## run the tests (ARGS="-k name" for some of them)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: lint type  ## style, types and import contracts

lint: $(READY)  ## style and import contracts
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-logo

type: $(READY)  ## types
	$(BIN)/mypy

fmt: $(READY)  ## put the code in one style
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

golden: $(READY)  ## write the expected outputs anew; review the diff like code
	$(BIN)/python scripts/refresh_goldens.py
	$(BIN)/python scripts/write_schema.py
	$(BIN)/python scripts/write_diagnostics_page.py
	$(BIN)/python scripts/write_modelines.py

bench: $(READY)  ## measure, each figure a ratio taken in one run (ARGS="growth" for a group)
	$(BIN)/python -m benchmarks $(ARGS)

clean:  ## remove what is made here, .venv too
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache \
	    .import_linter_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq -c constraints.txt -e ".[dev,safetensors,onnx]"
	$(BIN)/python -m compileall -q modelspec
	@touch $@
