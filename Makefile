# Two commands for a fresh machine: `make demo` and `make test`. Each makes what it needs first.
PYTHON ?= python3
TORCH ?= 2.13.0
VENV ?= .venv
JOBS ?= $(shell nproc)

python := $(VENV)/bin/python
sources := $(shell find csrc -name '*.h' -o -name '*.cpp') setup.py pyproject.toml
packages := $(VENV)/.packages-$(TORCH)
library := $(VENV)/.built-$(TORCH)

.PHONY: demo test bench format lint readme sanitize clean

demo: $(library)
	$(python) -m torch_act demo

test: $(library)
	$(python) -m pytest -n $(JOBS) $(ARGS)

bench: $(library)
	$(python) -m torch_act bench $(ARGS)

# The versions of torch are pinned: an unpinned one would fetch several GB of CUDA libraries.
$(packages): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(python) -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(python) -m pip install --quiet --disable-pip-version-check torch==$(TORCH)
	$(python) tools/packaging/requirements.py tools test models lint build \
	  | xargs $(python) -m pip install --quiet --disable-pip-version-check
	touch $@

# Editable: the Python sources are used where they lie, and only what changed is compiled again.
$(library): $(packages) $(sources)
	MAX_JOBS=$(JOBS) $(python) -m pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --editable .
	touch $@

format: $(packages)
	$(VENV)/bin/clang-format -i $$(git ls-files '*.h' '*.cpp')
	$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

lint: $(packages)
	$(python) tools/readme.py --check
	$(VENV)/bin/clang-format --dry-run --Werror $$(git ls-files '*.h' '*.cpp')
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

readme: $(packages)
	$(python) tools/readme.py

sanitize: $(packages)
	tools/sanitize $(python) -n $(JOBS) $(ARGS)

clean:
	rm -rf build $(VENV)/.built-* python/torch_act/_C*.so python/torch_act/_build.py
