# Every target creates what it needs in .venv and can be run again.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# The exact versions of requirements.lock; PyTorch's CPU build is enough.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock
# Two threads on two busy cores are slower than one.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# The files of tests side by side, one per core.
SIDE_BY_SIDE := -n auto --dist loadfile

# What looks for faults in manifests; its own dependencies are older than ours.
CHECKOV := 3.3.30

.PHONY: run test slow nightly gpu bench serve screenshots loop pipeline lint clean

run: $(VENV)/.core
	@$(BIN)/python -m opt

test: $(VENV)/.all
	$(ONE_THREAD) $(BIN)/python -m pytest $(SIDE_BY_SIDE)

# Test by test, so that no core waits for the longest file.
slow: $(VENV)/.all
	$(ONE_THREAD) $(BIN)/python -m pytest -n auto --dist worksteal -m "slow and not nightly and not benchmark"

# What takes minutes and seldom breaks: published optima, Ray, access on PostgreSQL, long fuzzing.
nightly: $(VENV)/.all
	$(ONE_THREAD) $(BIN)/python -m pytest -n auto --dist worksteal -m "nightly and not benchmark"

# What needs a CUDA device.
gpu: $(VENV)/.all
	$(ONE_THREAD) $(BIN)/python -m pytest -m gpu

bench: $(VENV)/.all
	$(ONE_THREAD) $(BIN)/python -m tests.benchmarks

# A made-up practice in simulated time, to look around in; for a real one say `flask --app serve start`.
serve: $(VENV)/.all
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(ONE_THREAD) $(BIN)/flask --app serve start --demo

# Every page of the made-up practice for every role, wide and narrow, light and dark; see screenshots/.
screenshots: $(VENV)/.all
	@$(ONE_THREAD) $(BIN)/python -m tests.browser.screenshots

# A made-up practice in simulated time: learn, optimise, publish, book, run the days, learn again.
loop: $(VENV)/.all
	@$(ONE_THREAD) $(BIN)/python -m serve.loop

# From a made-up history to the proved schedule of a session; see deploy/pipeline.
pipeline: $(VENV)/.all
	@cd deploy/pipeline && PATH="$(CURDIR)/$(BIN):$$PATH" $(ONE_THREAD) dvc repro

lint: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) build dist *.egg-info

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/pip pyproject.toml requirements.lock
	@echo "Installing Bailey into $(VENV) (a few minutes the first time)"
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.all: $(VENV)/.core .lightning.lock
	@echo "Installing what forecasts, serves and tests into $(VENV)"
	$(INSTALL) --no-deps --require-hashes --requirement .lightning.lock
	$(INSTALL) --editable ".[bench,dev,forecast,joblib,mlops,notify,optuna,postgres,ray,serve]"
	@touch $@

$(VENV)/.checkov: $(BIN)/pip
	@echo "Installing checkov into $(VENV)/checkov"
	$(PYTHON) -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/pip install --quiet --disable-pip-version-check checkov==$(CHECKOV)
	@touch $@
