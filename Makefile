# make demo    derive, verify, train and report the digits example
# make test    the tests            (make test TORCH=1: with PyTorch as an oracle)
# make bench   training steps against other libraries (those that are installed), and generation
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  ?=

.PHONY: demo test bench generated clean

demo: $(VENV)/.demo
	$(BIN)/python -m symbp --version
	$(BIN)/python docs/demo.py

test: $(VENV)/.test$(if $(TORCH),-torch)
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.generation

generated: $(VENV)/.demo
	$(BIN)/python -m symbp.spec.document
	$(BIN)/symbp generate $(patsubst generated/%.py,specs/%.yaml,$(wildcard generated/*.py)) -o generated

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "symbp needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.test-torch: $(VENV)/.test
	$(BIN)/python -m pip install --quiet torch==2.13.0
	touch $@

clean:
	rm -rf $(VENV) dist build out .mypy_cache .ruff_cache .pytest_cache .hypothesis
