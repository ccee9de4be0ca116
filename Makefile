# Squire: everything a person types. `make help` lists it.
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: help deps build run test quick sanitize install clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

deps: ## install and fetch every dependency, pinned (deps/)
	@deps/setup.sh

build: deps ## configure and build the release binary: build/bin/squire
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo $(CMAKE_ARGS) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@ninja -C $(BUILD) -j$(JOBS)

clean: ## remove the build folders
	rm -rf build build-*
