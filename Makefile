# Squire: everything a person types. `make help` lists it.
BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
export SQUIRE_BIN ?= $(CURDIR)/$(BUILD)/bin/squire
# What one build folder compiled serves the others beside it.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1

.PHONY: help deps build run test quick sanitize fuzz soak bench-store bench-search format install clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

deps: ## install and fetch every dependency, pinned (deps/)
	@deps/setup.sh

build: deps ## build the program, build/bin/squire, and the Python module, build/python
	@mkdir -p $(BUILD)
	@cmake -S . -B $(BUILD) -G Ninja -DSQUIRE_PYTHON=ON $(CMAKE_ARGS) >$(BUILD)/configure.log || { cat $(BUILD)/configure.log; exit 1; }
	@ninja -C $(BUILD) -j$(JOBS)

run: build ## index this repository and ask it a question
	$(SQUIRE_BIN) index .
	$(SQUIRE_BIN) search "how does a commit meet another writer who was first" . -k 5

quick: build ## the tests that take under a minute
	@tests/run.py quick --build $(BUILD) --jobs $(JOBS)

test: build ## all tests, as CI runs them
	@tests/run.py all --build $(BUILD) --jobs $(JOBS)

sanitize: deps ## the C++ tests under the address, undefined behaviour and thread sanitizers
	@tests/run.py sanitize --build $(BUILD) --jobs $(JOBS)

fuzz: deps ## every fuzz target for a few seconds
	@tests/run.py fuzz --build $(BUILD) --jobs $(JOBS)

soak: build ## fuzz targets, faults, lost power, random use and kills for half an hour
	@tests/run.py soak --build $(BUILD) --jobs $(JOBS)

bench-store: build ## the store beside pylance and lancedb, turn by turn
	@$$(tests/setup_venv.sh)/bin/python bench/store.py $(BENCH_ARGS)

bench-search: build ## search beside faiss, usearch, zvec, lancedb, tantivy ..., turn by turn
	@$$(bench/search/setup_venv.sh)/bin/python bench/search $(BENCH_ARGS)

format: ## clang-format over our sources
	@$$(tests/setup_venv.sh)/bin/clang-format -i $$(git ls-files 'include/*.h' 'src/*.h' 'src/*.cc' 'src/*.inc' 'python/*.h' 'python/*.cc' 'examples/*.cc')

install: build ## a self-contained bin, lib and share below PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove the build folders
	rm -rf build build-*
