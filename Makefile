# Everything lives in .venv; `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test lint format serve install install-dev lock sbom licences audit clean

demo: install
	$(BIN)/viaduc demo

# Compiled code is kept: dozens of services are started on the way, and each would compile it anew.
test: install-dev
	$(BIN)/viaduc model
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: install
	$(BIN)/viaduc serve

install: .venv/installed
install-dev: .venv/installed-dev

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Viaduc needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 ...")'
	@echo "Installing into .venv (a few minutes, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@start=$$(date +%s); \
	  $(BIN)/python -m pip install --quiet -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . && \
	  echo "Installed in $$(( $$(date +%s) - start )) s"
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet -r requirements-dev.lock
	@touch $@

# Resolve anew from pyproject.toml in empty environments; pins are written without hosts, paths or local build tags.
lock:
	$(PYTHON) bench/lock.py

# What is installed, as CycloneDX; the licences of all of it; what is known against any of it (asks a service).
sbom: install
	$(BIN)/viaduc sbom -o viaduc.cdx.json

licences: install
	$(BIN)/viaduc licences

audit: install
	$(BIN)/python bench/audit.py

clean:
	rm -rf viaduc.cdx.json .venv .viaduc .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
