# make digits   train a digit recognizer on the digits in the package; results in runs/digits
# make examples run the programs in examples/; their figures come to runs/examples
# make test     run the tests; with PyTorch, where it can be had, also the comparisons with it
# make bench    time training steps, against PyTorch and JAX where .venv has them; BENCH='--output
#               runs/bench' for all of them with a picture (see benchmarks/steps.py --help)
# make lint     check style and types
# make stubs    write the type stubs (.pyi) anew from the operator table
# make clean    remove what make made
#
# Each makes its own virtual environment in .venv, and uses it again until pyproject.toml changes.
# PYTHON=python3.12 picks the interpreter that a new .venv is made with, JOBS=4 the test processes.

PYTHON ?= python3
JOBS ?= auto
BENCH ?= --rounds 1 --seconds 0.5 --sides flambeau,flambeau:eager,torch,jax

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check

# One thread per test process: the processes already fill the cores.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: digits examples test bench lint stubs clean
.DELETE_ON_ERROR:

digits: $(VENV)/.app
	$(VENV)/bin/flambeau train digits --output runs/digits --force

examples: $(VENV)/.app
	$(PY) scripts/run_examples.py

test: $(VENV)/.oracle
	@test ! -f scripts/make_stubs.py || $(PY) scripts/make_stubs.py --check
	@$(PY) -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' || \
		echo "notice: PyTorch 2.13.0 could not be installed; the comparisons in tests/oracle are skipped"
	$(ONE_THREAD) MPLBACKEND=Agg $(PY) -m pytest -q -n $(JOBS) --maxprocesses 16

bench: $(VENV)/.app
	$(PY) benchmarks/steps.py $(BENCH)

lint: $(VENV)/.dev
	$(PY) -m ruff check src tests scripts examples benchmarks
	$(PY) -m mypy

stubs: $(VENV)/.dev
	$(PY) scripts/make_stubs.py

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests scripts examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "flambeau needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.app: pyproject.toml | $(PY)
	@echo "installing flambeau and what its command needs"
	@$(PIP_INSTALL) --editable '.[app]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(PY)
	@echo "installing flambeau and the developers' tools"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.app

$(VENV)/.oracle: $(VENV)/.dev scripts/install_oracle.sh
	@echo "installing PyTorch to compare with"
	@sh scripts/install_oracle.sh $(PY)
	@touch $@
