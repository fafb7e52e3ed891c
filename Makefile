# Everything a developer runs.  `make help` lists it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What each stamp stands for: the package's own needs; all extras and tools, torch among them,
# which takes minutes; the core as its sources are; all of it.
LIGHT := $(VENV)/.light
DEVELOPER := $(VENV)/.developer
BUILT := $(VENV)/.built
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OLDEST := .venv-oldest
OLDEST_PIP := $(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
  --constraint constraints-oldest.txt
# What meets every dependency: frames of all models, files and the program, tokens, a training.
OLDEST_TESTED ?= tests/golden tests/library tests/cli/test_files.py tests/cli/test_bench.py \
  tests/symbols tests/models/dalle/test_pictures.py tests/training/test_commands.py tests/integrations
# dash's own `command -v` looks at its first name only.
HAS_COMPILER := for one in c++ g++ clang++; do command -v $$one && break; done >/dev/null
CORE := $(sort $(shell find core -type f -not -name '*.md' -not -name '*.pyc'))
# Our own warnings are errors; a user's compiler may have others.  Tests and decoder share what is
# compiled of the core.
export CMAKE_ARGS ?= -DNEUROCOMP_WERROR=ON -DNEUROCOMP_TESTS=ON -DNEUROCOMP_DECODER=ON
# Tests that lead all kinds of frames, sound, damaged and forged, through the core.
SANITIZED ?= tests/golden tests/codec tests/pipeline/test_hostile.py tests/pipeline/test_damage.py \
  tests/models/test_packing.py
# Tests that lead golden frames, sound and invalid, through the program without Python.
SANITIZED_DECODER ?= tests/decoder/test_golden.py tests/decoder/test_program.py \
  tests/decoder/test_threads.py
FUZZ_SECONDS ?= 120
# make by itself would start a compiler for every source at once.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TEST_JOBS ?= 2
DEMO_STEPS ?= 600
DEMO_FILE ?= $(shell $(PYTHON) -c 'import argparse; print(argparse.__file__)')

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-dalle test lint types unit lint-core core-test decoder decoder-anywhere \
  fuzz-core sanitize oldest slow explore fuzz bench suite format constants golden docs clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## create the environment in .venv

$(READY): $(DEVELOPER) $(BUILT)
	@touch $@

$(DEVELOPER): $(LIGHT) | $(BUILT)
	$(PIP) --no-build-isolation --editable ".[dev]"
	@touch $@

# The core is compiled again if its sources have changed.
$(BUILT): $(LIGHT) $(CORE) Makefile
	$(BIN)/python core/build_backend.py
	@touch $@

$(LIGHT): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "neurocomp needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) scikit-build-core nanobind cmake ninja \
	  $$($(HAS_COMPILER) || test -n "$$CXX" || echo ziglang)
	$(PIP) --no-build-isolation --editable ".[bench]"
	@touch $@

demo: $(BUILT) ## compress a real file with the presets, decompress, compare
	$(BIN)/python -m benchmarks.demo "$(DEMO_FILE)"

demo-dalle: $(READY) ## train on pictures, code their tokens, decode, compare (in out/demo-dalle)
	$(BIN)/python -m benchmarks.demo_dalle out/demo-dalle $(DEMO_STEPS)

# mypy has one thread: the core's tests are compiled meanwhile.
test: $(READY) ## everything that must pass
	@$(MAKE) --no-print-directory --jobs=2 lint types core-test
	@$(MAKE) --no-print-directory unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not slow" --numprocesses $(TEST_JOBS) --dist worksteal --benchmark-disable

# Each is left out, with a word, where it is not installed; clang-tidy is not part of the environment
# for its size.
lint-core: $(LIGHT) ## the core's format (clang-format), and what clang-tidy finds in it
	@PATH="$(CURDIR)/$(BIN):$$PATH"; if command -v clang-format >/dev/null; \
	  then clang-format --dry-run --Werror $(filter %.cpp %.hpp %.h,$(CORE)); \
	  else echo "left out, the core's format: pip install clang-format"; fi
	@PATH="$(CURDIR)/$(BIN):$$PATH"; if command -v clang-tidy >/dev/null; \
	  then cmake -S core -B build/tidy -DNEUROCOMP_DECODER=ON -DNEUROCOMP_FUZZ=ON -DNEUROCOMP_TESTS=ON \
	      -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
	      -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null && \
	    clang-tidy --quiet -p build/tidy --extra-arg=-Wno-unknown-warning-option \
	      $(filter-out %_dotprod.cpp,$(filter %.cpp,$(CORE))); \
	  else echo "left out, clang-tidy: pip install clang-tidy (150 MB)"; fi

core-test: $(BUILT) ## the core's own tests
	$(BIN)/cmake --build build/core \
	  --target core_tests $$($(HAS_COMPILER) && echo decoder_all)
	build/core/core_tests

# The package with a module that checks itself lies beside: links to all but the module.
sanitize: $(READY) ## the core's tests, golden and damaged frames and models under ASan and UBSan
	mkdir -p build/sanitize/package/neurocomp
	find $(CURDIR)/neurocomp -mindepth 1 -maxdepth 1 -not -name '_core*.so' \
	  -exec ln -sfn {} build/sanitize/package/neurocomp/ \;
	$(BIN)/cmake -S core -B build/sanitize -DNEUROCOMP_SANITIZE=ON -DNEUROCOMP_TESTS=ON \
	  -DNEUROCOMP_DECODER=ON -DNEUROCOMP_MODULE_DIR=$(CURDIR)/build/sanitize/package/neurocomp \
	  -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python $(CMAKE_ARGS) >/dev/null
	$(BIN)/cmake --build build/sanitize --target all core_tests decoder_all
	build/sanitize/core_tests
	ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=$(CURDIR)/build/sanitize/package:$(CURDIR) \
	  NEUROCOMP_TESTED=build/sanitize/package \
	  LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libstdc++.so)" \
	  $(BIN)/pytest -q -m "not slow" --import-mode=append $(SANITIZED)
	NEUROCOMP_DECODER=build/sanitize/decoder $(BIN)/pytest -q -k program $(SANITIZED_DECODER)

# Needs a C++ compiler and CMake, and no Python.
decoder: ## the decoder without Python: library, C API, ncmp-decode, in build/decoder
	cmake -S core -B build/decoder -DNEUROCOMP_PYTHON=OFF -DNEUROCOMP_DECODER=ON >/dev/null
	cmake --build build/decoder

# ZIG and qemu-user: tests/decoder/test_anywhere.py says what is missing.
decoder-anywhere: $(READY) ## ncmp-decode for other machines by zig, run under QEMU
	$(BIN)/pytest -m slow tests/decoder/test_anywhere.py

fuzz-core: $(READY) ## libFuzzer (clang) on the decoder, each target for FUZZ_SECONDS
	$(BIN)/cmake -S core -B build/fuzz -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link -DNEUROCOMP_SANITIZE=ON -DNEUROCOMP_PYTHON=OFF \
	  -DNEUROCOMP_DECODER=ON -DNEUROCOMP_FUZZ=ON >/dev/null
	$(BIN)/cmake --build build/fuzz
	$(BIN)/python -m tests.decoder.seeds build/fuzz/seeds
	for target in frame mix bytenet symbols language model; do mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/fuzz/fuzz-$$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -timeout=60 \
	    -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$target build/fuzz/seeds/$$target || exit 1; done

# Tests meet the installed package: no path leads to the checkout before the environment's own.
oldest: ## fast tests with the oldest versions that pyproject.toml allows, in .venv-oldest
	test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(OLDEST_PIP) scikit-build-core nanobind cmake ninja pytest hypothesis
	$(OLDEST_PIP) --no-build-isolation --force-reinstall --no-deps .
	$(OLDEST_PIP) --no-build-isolation "neurocomp[all]"
	NEUROCOMP_TESTED=$(OLDEST) OMP_NUM_THREADS=1 \
	  $(OLDEST)/bin/pytest -q -m "not slow" --import-mode=append -W default $(OLDEST_TESTED)

# The zig wheel is for tests of builds without a compiler, Ray for the engine of that name: both are
# large, and their tests are left out where they can't be had.
slow: $(READY) ## the tests that take minutes
	-$(PIP) ziglang
	-$(PIP) --no-build-isolation --editable ".[ray]"
	$(BIN)/pytest -m slow

explore: $(READY) ## tests of properties, with many new examples each time
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "hypothesis and not slow" --hypothesis-profile=explore \
	  --numprocesses $(TEST_JOBS) --dist worksteal

fuzz: $(READY) ## feed damaged and hostile files to the decoder for FUZZ_SECONDS
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: $(READY) ## speed of coders and models (pytest-benchmark)
	$(BIN)/pytest benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds

suite: $(READY) ## the suite "text" of neurocomp bench, with a report in out/text
	$(BIN)/neurocomp bench run text --output out

format: $(READY) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(filter %.cpp %.hpp %.h,$(CORE))

constants: ## write the core's header of the format's numbers
	$(PYTHON) core/make_constants.py

golden: $(READY) ## write the golden files (review the change of sizes)
	$(BIN)/python -m tests.golden.make

docs: $(READY) ## write docs/cli.md and the man page from the help texts
	$(BIN)/python -m neurocomp.cli.docs

clean: ## remove what the other commands made
	rm -rf $(VENV) $(OLDEST) out build neurocomp/_core*.so *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
