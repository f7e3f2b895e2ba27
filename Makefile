# Each target sets up what it needs: only Python 3.11+, git and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

CLIENTS := build/clients/.ready

.PHONY: demo test test-all clients lint format docs sample-data template bench clean

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "smebatch needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q smebatch
	touch $(READY)

demo: $(READY)  ## run the main job on sample_data and say where the summary is
	$(BIN)/smebatch run sample_data/returns -o build/demo --roster sample_data/roster.xlsx

test: $(READY)  ## the quick tests
	$(BIN)/python -m pytest -n auto -m "not slow and not office and not client"

test-all: $(READY)  ## every test, as CI runs them; those that need LibreOffice or another client are skipped without it
	$(BIN)/python -m pytest -n auto --dist loadgroup

# ExcelJS and SheetJS; Apache POI, which this package of PyPI brings along; what WinRAR packed for rarfile's tests.
$(CLIENTS): tests/saved_by/package.json Makefile | $(READY)
	mkdir -p build/clients
	cp tests/saved_by/package.json build/clients
	npm install --prefix build/clients --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
	  --target build/clients/java pyreportjasper==2.1.4
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary rarfile \
	  --dest build/clients rarfile==4.2
	mkdir -p build/clients/rar
	tar -xzf build/clients/rarfile-4.2.tar.gz -C build/clients/rar --strip-components=1
	touch $(CLIENTS)

clients: $(CLIENTS)  ## the libraries that tests save returns with; needs node, npm and a JDK

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## the pages and pictures that are made from the program
	$(BIN)/python -m smebatch.catalogue > docs/issues.md
	$(BIN)/python tests/make_pictures.py docs/pictures

template: $(READY)
	$(BIN)/smebatch template -o templates/中小企业数字化水平评测表（2024年版）.xlsx

sample-data: $(READY)  ## needs LibreOffice
	$(BIN)/python tests/make_sample_data.py sample_data

bench: $(READY)  ## three quarters of an hour, 6 GB of disk; with `make clients` every kind of return
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/faults.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/prefill.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/million.py
	$(BIN)/python benchmarks/score.py

clean:
	rm -rf $(VENV) build
