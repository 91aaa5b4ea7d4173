# Two commands for everybody: `make run` and `make test`. The rest is for who builds; `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/python -m flask --app app
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST := $(BIN)/python -m pytest tests -n 2 --dist loadgroup
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q
CATALOGUE := translations/nl/LC_MESSAGES/messages.po
# What needs no whole program and no server: the rest of the tests runs in `make test`.
UNIT := tests/adapters tests/queries tests/services tests/views tests/fab tests/test_house.py tests/test_config.py
ARGS ?=

.PHONY: help run dev demo test test-full unit browser check migration translations bench crash-drill vendor lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | sort | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done

run: $(VENV)/.run  ## install, prepare the database, start on http://localhost:8080
	@exec $(BIN)/python run.py $(ARGS)

dev: $(VENV)/.test  ## the same with the debug server, which reloads when code changes
	@exec $(BIN)/python run.py --dev $(ARGS)

demo: $(VENV)/.run  ## fill a prepared database with demo data; ARGS="--candidates 10000"
	@$(FLASK) demo $(ARGS)

test: check browser  ## everything that CI runs
	$(PYTEST) -m "not full" $(ARGS)

test-full: check browser  ## the same without samples: all cases of the long tests
	$(PYTEST) $(ARGS)

unit: $(VENV)/.test  ## the quick part
	$(BIN)/python -m pytest $(UNIT) -n 2 --dist loadgroup -m "not full and not browser and not load and not machine" -k "not postgres" $(ARGS)

browser: $(VENV)/.test
	@$(BIN)/python -m tests.browser.install

check: $(VENV)/.test  ## ruff, mypy, layers
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Compares the models with a fresh database, so that nobody's own database decides what the migration holds.
migration: export LOKET_DATABASE_URL := sqlite:///var/migration.db
migration: $(VENV)/.run  ## a numbered migration from the models; m="add colour to region"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add colour to region"' >&2; exit 2; }
	@mkdir -p var && rm -f var/migration.db*
	$(FLASK) db upgrade
	last=$$(ls migrations/versions | sed -n 's/^0*\([0-9]\{1,4\}\)_.*\.py$$/\1/p' | sort -n | tail -n 1); \
	$(FLASK) db migrate --rev-id "$$(printf '%04d' $$(($${last:-0} + 1)))" -m "$(m)"
	@rm -f var/migration.db*

translations: $(VENV)/.run  ## collect the texts, update the Dutch catalogue, compile it
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k _l -k N_ --no-wrap --sort-output --add-location file -o translations/messages.pot .
	test -f $(CATALOGUE) || $(BIN)/pybabel -q init -l nl -i translations/messages.pot -d translations
	$(BIN)/pybabel -q update -l nl -i translations/messages.pot -d translations --no-wrap --no-fuzzy-matching --ignore-pot-creation-date
	$(BIN)/pybabel compile -d translations --statistics

bench: $(VENV)/.test  ## lists and exports against stock Flask-AppBuilder; ARGS="--help"
	$(BIN)/python -m tests.load.bench $(ARGS)

crash-drill: $(VENV)/.test  ## shoot the workers while 10,000 mails leave, on both databases; ARGS="--help"
	$(BIN)/python -m tests.load.crash_drill $(ARGS)

vendor:  ## fetch the front-end files that we serve ourselves
	npm ci --ignore-scripts --no-audit --no-fund
	node scripts/vendor.mjs

lock: $(VENV)/.made  ## resolve requirements*.in again, with hashes
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean:  ## remove what can be made again; never the data in var/
	rm -rf $(VENV) node_modules .ruff_cache .mypy_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, or say where it is: make run PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed and $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1); say which one to use: make run PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }
	@touch $@

$(VENV)/.run: requirements.txt $(VENV)/.made
	@echo "Installing what the program needs, once ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.made
	@echo "Installing what the tests need, once ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
