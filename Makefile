# Each target sets up what it needs: only Python 3.11+, git and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv
RUN := $(VENV)/.run
PAGE := $(VENV)/.page
READY := $(VENV)/.ready

QUICK := "not slow and not office and not client and not browser"
OTHERS := "slow or office or client or browser"

CLIENTS := build/clients/.ready

# Coverage of the quick tests in every process, readers included: pyproject.toml says how, and the floor.
define measured
rm -rf build/coverage
mkdir -p build/coverage
$(1)/coverage run -m pytest -n auto --dist worksteal -p no:cacheprovider -m $(QUICK)
$(1)/coverage combine --quiet
$(1)/coverage report
endef

# Where nothing compiled may be kept, every process compiles the program, and every worker the tests, anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo page bundle test test-lowest test-on test-others test-all coverage mutants clients lint format docs sample-data template bench lock clean

# uv installs in seconds what pip takes half a minute for; it goes by uv.lock.
$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "smebatch needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# What the program needs to run, and what is needed to work on it besides.
$(RUN): pyproject.toml uv.lock | $(BIN)/uv
	$(UV) sync --quiet --locked --inexact
	$(BIN)/python -m compileall -q smebatch
	touch $(RUN)

$(READY): $(RUN)
	$(UV) sync --quiet --locked --inexact --extra dev
	touch $(READY)

DEMO := build/demo

demo: $(RUN)  ## run every job on sample_data and say where the results are
	$(BIN)/smebatch run --settings sample_data/smebatch.toml -o $(DEMO)
	$(BIN)/smebatch ingest sample_data/returns/改造前 -b $(DEMO)/before.duckdb
	$(BIN)/smebatch compare --settings sample_data/smebatch.toml $(DEMO)/before.duckdb $(DEMO)/batch.duckdb -o $(DEMO)/compare.xlsx
	$(BIN)/smebatch template --from-batch $(DEMO)/batch.duckdb --kind 现场评定 --out-dir $(DEMO)/onsite
	$(BIN)/smebatch report --public --settings sample_data/smebatch.toml -b $(DEMO)/batch.duckdb -o $(DEMO)/public.xlsx
	$(BIN)/smebatch report --public --settings sample_data/smebatch.toml -b $(DEMO)/batch.duckdb --format docx -o $(DEMO)/public.docx

$(PAGE): $(RUN)
	$(UV) sync --quiet --locked --inexact --extra page
	touch $(PAGE)

# What is done on the page is done to the copy; `rm -r build/page` begins anew.
page: $(PAGE)  ## open the page on a copy of sample_data in build/page
	test -d build/page || (mkdir -p build && cp -R sample_data build/page && \
	  printf '[round]\nregion = "示例市"\nroster = "roster.xlsx"\nfolder = "returns"\n' > build/page/smebatch.toml)
	cd build/page && $(CURDIR)/$(BIN)/smebatch page

bundle: $(PAGE)  ## a zip for Windows without a network: build/smebatch-windows.zip
	$(BIN)/python tests/make_bundle.py

test: $(READY)  ## the quick tests, those of a file together: they share what they make
	$(BIN)/python -m pytest -n auto --dist worksteal -m $(QUICK)

# In an environment of their own, which keeps nothing.
test-lowest: $(READY)  ## the quick tests with the lowest versions that pyproject.toml allows, measured as by coverage
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/lowest
	$(BIN)/uv pip install --quiet --python build/lowest --resolution lowest-direct --editable '.[dev]'
	$(call measured,build/lowest/bin)

test-on: $(READY)  ## the quick tests on another Python: make test-on OTHER=python3.13
	$(BIN)/uv venv --quiet --clear --python $(OTHER) build/other
	$(BIN)/uv pip install --quiet --python build/other --editable '.[dev]'
	build/other/bin/python -m pytest -n auto --dist worksteal -p no:cacheprovider -m $(QUICK)

# Those that need LibreOffice, Chromium or another client are skipped without it.
test-others: $(READY)  ## every test that is not quick
	$(BIN)/python -m pytest -n auto --dist loadgroup -m $(OTHERS)

test-all: $(READY)  ## every test
	$(BIN)/python -m pytest -n auto --dist loadgroup

coverage: $(READY)  ## the quick tests, and how much of the program they run
	$(call measured,$(BIN))

mutants: $(READY)  ## hours; changes of the program that no test notices: make mutants ONLY=smebatch/assess/score.py EVERY=4
	EVERY=$(or $(EVERY),1) nice $(BIN)/python tests/mutants.py $(ONLY)

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
	$(BIN)/python -m smebatch.issues.docs_page > docs/issues.md
	$(BIN)/python tests/make_architecture.py > docs/architecture.svg
	$(BIN)/python -m smebatch.cli.reference_page > docs/reference.md
	$(BIN)/python tests/make_pictures.py docs/pictures
	$(BIN)/python tests/make_page_pictures.py docs/pictures/page

template: $(READY)
	$(BIN)/smebatch template -o templates/中小企业数字化水平评测表（2024年版）.xlsx

sample-data: $(READY)  ## needs LibreOffice
	$(BIN)/python tests/make_sample_data.py sample_data

bench: $(READY)  ## an hour, 6 GB of disk; with `make clients` every kind of return
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/faults.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/prefill.py
	$(BIN)/python benchmarks/copies.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/million.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/score.py
	$(BIN)/python benchmarks/ways.py

lock: | $(BIN)/uv  ## after a change of the dependencies in pyproject.toml
	$(UV) lock

clean:
	rm -rf $(VENV) build
