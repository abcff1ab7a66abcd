# Every target makes its own environment first. PYTHON may name any interpreter from 3.11 on.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo no-python-3.11)
VENV := .venv
BIN := $(VENV)/bin
FEEDS ?=

# Tests run side by side; `make test WORKERS=0` runs them one after the other.
WORKERS := auto

.PHONY: install ftm run desk test check lint types lock train evaluate clean

install: $(VENV)/.runtime

$(VENV)/.bootstrap: requirements/bootstrap.lock
	@command -v $(PYTHON) >/dev/null || { echo "Embargo Watch needs Python 3.11 or later; name it with: make install PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make virtual environments; on Debian install python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

# Bytecode is compiled once here: without it every start of Prefect recompiles a third of itself.
$(VENV)/.runtime: $(VENV)/.bootstrap requirements/runtime.lock pyproject.toml
	@echo "Installing Embargo Watch into $(VENV) (once, about a minute) ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/runtime.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements/runtime.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@echo "Installing the test tools ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/dev.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@

# The library that checks FollowTheMoney entities: an extra, since its PyICU is built from source where no wheel fits.
ftm: $(VENV)/.dev
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/ftm.lock

run: $(VENV)/.runtime
	@$(BIN)/embargowatch run $(if $(FEEDS),--feeds $(FEEDS),--sample)

desk: $(VENV)/.runtime
	@$(BIN)/embargowatch desk

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

test: lint types
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup

check: test

train: $(VENV)/.runtime
	$(BIN)/embargowatch model train

evaluate: $(VENV)/.dev
	$(BIN)/embargowatch model evaluate --report docs/evaluation

# Locks carry hashes but name no package index, so that they install from whichever one is configured.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock: $(VENV)/.bootstrap
	$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.lock
	$(COMPILE) pyproject.toml -o requirements/runtime.lock
	$(COMPILE) pyproject.toml --extra dev -c requirements/runtime.lock -o requirements/dev.lock
	$(COMPILE) pyproject.toml --extra ftm -c requirements/runtime.lock -c requirements/dev.lock -o requirements/ftm.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
