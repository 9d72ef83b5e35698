# Two commands do everything on a machine with only Python, pip and make:
#   make book   build both editions          make test   run every check
# The others are for authors.  The first run installs, later ones only do what changed.

PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
JOBS ?= 2
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
ASSETS := node_modules/.ready
CHECKERS := node_modules/.checkers
BUILD := jupyter-book build . -q -W -n --keep-going
NOTEBOOKS := $(wildcard book/en/*.ipynb book/zh/*.ipynb)
# Strict nbval: every cell, in order, the network blocked (book/conftest.py).
NBVAL := -m pytest -q -n $(JOBS) --dist loadscope --nbval --nbval-current-env \
	--nbval-cell-timeout 300 -o addopts=--strict-markers $(NOTEBOOKS)

export PATH := $(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/book

.PHONY: book english chinese test lint unit slow notebooks robust assignments grade stamp serve pdf browser newest slides exam repository clean
.DELETE_ON_ERROR:

book: $(READY) $(ASSETS)  ## both editions, warnings are errors
	@echo "Building both editions ..."
	@$(MAKE) --no-print-directory -j2 english chinese
	@rm -rf _build/html/zh && cp -r _build/zh/_build/html _build/html/zh
	@echo "Open  file://$(CURDIR)/_build/html/index.html  or run: make serve"

english:
	@$(BUILD)

chinese:  # the English configuration, overlaid; book/press/chinese.py says how
	@python -m press.chinese _build/zh
	@$(BUILD) --config _build/zh/_config.yml --toc _build/zh/_toc.yml --path-output _build/zh

test: $(CHECKERS) lint unit book  ## lint, types, units and doctests, the book, its notebooks
	@echo "Running the notebooks of both editions, the network blocked ..."
	@python $(NBVAL)
	@python -m pytest -q -n $(JOBS) tests/site -m "not browser"

lint: $(READY)
	@ruff check && ruff format --check
	@ruff check --line-length 79 $(NOTEBOOKS) && ruff format --check --line-length 79 $(NOTEBOOKS)
	@mypy
	@if test -e $(CHECKERS); then node node_modules/@biomejs/biome/bin/biome lint --error-on-warnings --diagnostic-level=warn; \
	  else echo "The scripts are not linted: the linter comes with the first make test or make $(CHECKERS)."; fi
	@check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	@zizmor --offline --quiet .github/workflows

unit: $(READY)
	@python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow and not browser" companion teaching tests --ignore tests/site

slow: $(READY)  ## each function that a chapter uses, broken: a check must notice
	@python -m pytest -q -n $(JOBS) --dist worksteal -m slow tests --ignore tests/site

notebooks: $(READY)  ## run what changed, write both editions; FORCE=1 runs all, FRESH=1 keeps no output
	@python -m press.notebooks $(if $(FORCE),--force) $(if $(FRESH),--fresh) $(CHAPTERS)

robust: $(READY)  ## the notebooks on imitated machines: no printed text may change
	@python -m press.robust $(CHAPTERS) $(if $(MACHINES),--machines $(MACHINES)) --jobs $(JOBS)

assignments: $(READY)  ## student's and lecturer's notebooks to _build/assignments
	@python -m teaching.grading assignments

grade: $(READY)  ## make grade SUBMISSIONS=folder SECRET=... (teaching/README.md)
	@python -m teaching.grading grade "$$SUBMISSIONS" --jobs $(JOBS)

stamp: $(READY)  ## after a review: mark the Chinese cells of CHAPTERS as current
	@python -m press.translation --stamp $(CHAPTERS)

serve: book  ## the book at http://localhost:8000
	@python -m http.server 8000 --directory _build/html

pdf: book  ## both editions as one file each in _build/pdf; needs Chromium
	@python -m press.pdf

browser: $(CHECKERS) book  ## site and slides in a real Chromium: console, network, width, axe
	@python -m pytest -q tests/site tests/teaching -m browser

newest:  ## the notebooks with the newest torch, numpy and matplotlib there are
	@$(PYTHON) -m venv --clear .venv-newest
	@.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) \
	  --upgrade . ipykernel matplotlib-inline nbval pytest pytest-xdist
	@.venv-newest/bin/python -m pip list 2> /dev/null | grep -E "^(torch|numpy|matplotlib) "
	@.venv-newest/bin/python $(NBVAL)

slides: $(READY) $(ASSETS)  ## the lecture decks, with a PDF of each; DECKS="2-clipping" makes one
	@python -m teaching.slides $(DECKS)

exam: $(READY) $(ASSETS)  ## SEED=2027, and if you like MINUTES=60 or QUESTIONS=12, CHAPTERS="...", BANK=5
	@test -n "$(SEED)" || { echo "make exam needs a seed, such as SEED=2027"; exit 1; }
	@python -m teaching.exam --seed "$(SEED)" $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(QUESTIONS),--questions $(QUESTIONS)) $(if $(BANK),--bank $(BANK)) \
	  $(if $(CHAPTERS),--chapters $(CHAPTERS))

repository: $(READY)  ## make repository URL=https://github.com/you/yours
	@python -m press.repository $(URL)

clean:
	rm -rf _build $(VENV) .venv-newest node_modules

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3,11),(3,12),(3,13)))' \
	  || { echo "This book needs Python 3.11, 3.12 or 3.13; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "Python's venv module is missing; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing the environment into $(VENV) (a minute or more, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r requirements.txt
	@touch $@

$(ASSETS): package.json package-lock.json $(READY)
	@echo "Fetching KaTeX, which sets the formulas, and PurgeCSS ..."
	@npm ci --omit=dev --silent || { echo "npm could not fetch them: is the npm registry reachable?"; exit 1; }
	@touch $@

$(CHECKERS): package.json package-lock.json $(READY)
	@echo "Fetching the linter of the scripts and the browser's driver ..."
	@npm ci --silent || { echo "npm could not fetch them: is the npm registry reachable?"; exit 1; }
	@touch $(ASSETS) $@
