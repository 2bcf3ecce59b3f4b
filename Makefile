# Two commands need nothing but Python 3.11 or later and make: `make demo` and `make test`.
# Each makes .venv, and makes it anew when pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types check-tests test-lowest test-sdks test-browser test-kills test-postgres test-servers test-thousands bench prove-replay test-replay-sdks clean

demo: $(VENV)/installed
	$(BIN)/assist2resp demo

test: lint types check-tests

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

check-tests: $(VENV)/installed
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered

$(VENV)/installed: pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox]' --group dev
	touch $@

# The lower bounds of the dependencies, installed and tested (opt-in). The witness is proven with today's openai alone.
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --editable '.[sandbox]' --group dev
	.venv-lowest/bin/pytest -n 2 tests --ignore tests/sandbox

# Proofs that need more than Python, or minutes (opt-in): Debian's chromium and chromium-driver, many kills, Debian's postgresql, other servers, thousands of threads.
test-browser test-kills test-postgres test-servers test-thousands: test-%: $(VENV)/installed
	$(BIN)/pytest -m $* tests

test-browser: $(VENV)/browser
$(VENV)/browser: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'selenium>=4.20'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'axe-playwright-python>=0.1.8'
	touch $@

# Replay at full length (opt-in): planted changes, coverage of its intervals, 50 kills.
prove-replay: $(VENV)/installed
	for proof in kills coverage planted; do $(BIN)/python scripts/prove_replay.py $$proof || exit 1; done

# The programs of fixtures/programs, before and after, on the oldest openai that generated code needs (with the oldest
# Python, if PYTHON39 names one), on the last 2.x and on today's (opt-in, needs about six minutes for each).
PYTHON39 := $(shell command -v python3.9)

test-sdks: $(VENV)/installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --quiet --allow-existing --python $(or $(PYTHON39),$(PYTHON)) .venv-sdks/1
	$(BIN)/uv venv --quiet --allow-existing --python $(PYTHON) .venv-sdks/2
	$(BIN)/uv pip install --quiet --python .venv-sdks/1/bin/python openai==1.103.0
	$(BIN)/uv pip install --quiet --python .venv-sdks/2/bin/python 'openai<3'
	$(BIN)/python scripts/run_on_sdks.py .venv-sdks/1/bin/python .venv-sdks/2/bin/python $(BIN)/python

# Replay on the last SDK of the generation before, cassettes of this one included (opt-in).
test-replay-sdks: $(VENV)/installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --quiet --allow-existing --python $(PYTHON) .venv-sdks/replay
	$(BIN)/uv pip install --quiet --python .venv-sdks/replay/bin/python --editable '.[sandbox]' --group dev 'openai<3'
	.venv-sdks/replay/bin/pytest -q tests/replay
	ASSIST2RESP_OTHER_PYTHONS=.venv-sdks/replay/bin/python $(BIN)/pytest -q tests/replay/test_sdks.py

bench: $(VENV)/installed
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

clean:
	rm -rf $(VENV) .venv-lowest .venv-sdks .coverage .mypy_cache .ruff_cache .hypothesis assist2resp-demo
