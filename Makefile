# Two commands for a fresh machine: `make demo` and `make test`. Each makes what it needs first.
PYTHON ?= python3
TORCH ?= 2.13.0
VENV ?= .venv
JOBS ?= $(shell nproc)

python := $(VENV)/bin/python
# Each worker takes neighbours, which share what a file computes once, and then of the others' rest.
tests := $(python) -m pytest -n $(JOBS) --dist worksteal
sources := $(shell find cmake csrc cuda -type f) setup.py pyproject.toml $(wildcard tools/packaging/*.py)
packages := $(VENV)/.packages-$(TORCH)
library := $(VENV)/.built-$(TORCH)
installed := $(VENV)/.installed-$(TORCH)

formatted := '*.h' '*.cpp' '*.cuh' '*.cu'

# Those of pyproject.toml that the tests, and what is shipped, need.
EXTRAS ?= tools test models onnx lint docs ship build

# A torch with CUDA, in an environment of its own. Needs nvcc, but neither GPU nor driver.
CUDA_TORCH ?= 2.14.1
CUDA_VENV ?= .venv-cuda

.PHONY: demo docs test test-seeded-bugs test-wheel test-cuda-build wheel sdist bench instructions format lint readme cxx-api sanitize memcheck test-stand-in certify clean

demo: $(library)
	$(python) -m torch_act demo

test: $(library)
	$(tests) $(ARGS)

# That the tests see bugs: each is put into a copy of a kernel, which is compiled and run in the simulator.
test-seeded-bugs: $(library)
	$(tests) -m seeded_bug $(ARGS)

# All tests of the library as users install it, away from its sources.
test-wheel: $(installed)
	$(tests) $(ARGS)

# Without what `make test` has shown and no release of torch changes. Of single tests their marker says why. Of whole
# files: nvcc makes the simulator's kernels from the same sources, and the adapters that they compile are here part of
# the library; the numbers of the kernels are g++'s.
simulated := adapters bias_act gated glu gumbel masked_softmax parametric pointwise pointwise_bugs prelu resources rrelu softmax
numbers := certificate certificate_fused exhaustive_half half_rounding instruction_sets instructions call_overhead reference
shown := $(simulated:%=cuda_%) $(numbers) gallery site transcript build_messages speed speed_turns

# One architecture: the assembler, run for each, takes more than half of the time of a large kernel.
# A newer GPU takes the PTX.
test-cuda-build: export TORCH_CUDA_ARCH_LIST ?= 8.0+PTX
test-cuda-build:
	TORCH_ACT_CUDA=1 $(MAKE) test-wheel VENV=$(CUDA_VENV) TORCH=$(CUDA_TORCH) EXTRAS="$(EXTRAS) timm" \
	  ARGS="--another-torch --ignore-glob='tests/test_ptxsim_*' $(shown:%=--ignore=tests/test_%.py) $(ARGS)"

# Into dist/: named with torch, CUDA and the oldest Linux that it needs, and tried in a fresh environment.
wheel: $(packages)
	MAX_JOBS=$(JOBS) tools/wheel $(python)

sdist: $(packages)
	$(python) -m build --quiet --sdist --no-isolation

bench: $(library)
	$(python) -m torch_act bench $(ARGS)

# What each kernel executes, beside the counts that are kept; ARGS="--update" keeps the new ones.
instructions: $(packages)
	$(python) tools/instructions $(ARGS)

# Hours: float32 on all 2^32 inputs. Started again, it goes on where it was.
certify: $(library)
	$(python) -m torch_act certify --markdown docs/accuracy.md $(ARGS)

# The versions of torch are pinned: an unpinned one would fetch several GB of CUDA libraries.
$(packages): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(python) -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(python) -m pip install --quiet --disable-pip-version-check torch==$(TORCH)
	$(python) tools/packaging/requirements.py $(EXTRAS) \
	  | xargs $(python) -m pip install --quiet --disable-pip-version-check
	touch $@

# Editable: the Python sources are used where they lie, and only what changed is compiled again.
$(library): $(packages) $(sources)
	MAX_JOBS=$(JOBS) $(python) -m pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --editable .
	rm -f $(installed)
	touch $@

$(installed): $(packages) $(sources) $(shell find python -name '*.py' ! -name _build.py)
	MAX_JOBS=$(JOBS) $(python) -m pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --force-reinstall .
	rm -f $(library)
	touch $@

format: $(packages)
	$(VENV)/bin/clang-format -i $$(git ls-files $(formatted))
	$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

lint: $(packages)
	$(python) tools/readme.py --check
	$(VENV)/bin/clang-format --dry-run --Werror $$(git ls-files $(formatted))
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# As a site, build/docs/html, with nothing that must be fetched to read it. Warnings are errors.
docs: $(library)
	$(python) -m sphinx -W --keep-going -q -b html -d build/docs/doctrees docs build/docs/html
	$(python) tools/check_site.py

readme: $(packages)
	$(python) tools/readme.py

# After a change of schemas; then the library is built again with it.
cxx-api: $(library)
	$(python) tools/cxx_api.py

sanitize: $(packages)
	tools/sanitize $(python) -n $(JOBS) $(ARGS)

memcheck: $(library)
	tools/memcheck $(python) $(ARGS)

# What a GPU would run, on a device that is the CPU under another name.
test-stand-in: $(library)
	PATH=$(abspath $(VENV))/bin:$$PATH $(tests) --devices stand_in $(ARGS)

clean:
	rm -rf build $(VENV)/.built-* $(CUDA_VENV)/.installed-*
	rm -rf python/torch_act/_C*.so python/torch_act/_build.py $(addprefix python/torch_act/,include lib share)
