# The index of verbs. `make help` lists them; both set-up commands are `make run` and `make test`.
.NOTPARALLEL:
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help run test soak lint format build images rig deps install docs bench clean

prefix ?= /usr/local
demo := .build/demo
export MARTLET_RIG_DIR ?= $(CURDIR)/.build/rig
export MARTLET_EXAMPLE_IMAGES ?= $(CURDIR)/$(demo)/images

# Looked for once, and only by the verbs that compile.
SWIFT = $(eval SWIFT := $(or $(shell .ci/toolchain),$(error no Swift toolchain)))$(SWIFT)

help: ## list the verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: export MARTLET_STATE_DIR = $(CURDIR)/$(demo)/state
run: export MARTLET_RUNTIME_DIR = $(CURDIR)/$(demo)/run
run: build images ## build everything and run the click counter; Ctrl-C ends it
	@mkdir -p $(demo)/state $(demo)/run
	.build/release/martlet image import $(demo)/images/web $(demo)/images/redis
	@echo 'In another terminal: curl http://127.0.0.1:8080/'
	@exec .build/release/martlet run Config/examples/clickme/compose.yaml

# XCTest is left out: it would close with "Executed 0 tests".
test: rig images ## run every test; the node tests boot machines
	@.ci/deps build run test
	$(SWIFT) build --product martlet-keeper
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest

soak: export MARTLET_SOAK = 1
soak: test ## the same at full sizes, for hours

lint: ## check format, scripts and house rules
	@.ci/deps lint
	.ci/lint $(SWIFT)

format: ## bring the Swift files into the format that lint wants
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

build: ## compile martlet and martlet-keeper to .build/release
	@.ci/deps build
	$(SWIFT) build -c release --static-swift-stdlib --product martlet
	$(SWIFT) build -c release --static-swift-stdlib --product martlet-keeper

images: ## make the images of the click counter
	@.ci/deps run
	@Config/examples/clickme/images/build $(demo)/images

rig: ## make the node that node tests boot
	@.ci/deps run test
	@Tests/NodeTests/rig/build-rootfs

deps: ## install the Debian packages that are missing
	@.ci/deps build run test lint

install: ## copy what `make build` made to $(DESTDIR)$(prefix)
	install -D -t $(DESTDIR)$(prefix)/bin .build/release/martlet .build/release/martlet-keeper
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/doc/martlet README.md CHANGELOG.md docs/*.md

docs: ## check that links in the documentation lead somewhere
	.ci/links

bench: ## measure
	@test -x Benchmarks/run || { echo 'bench: Benchmarks/run: not there yet' >&2; exit 1; }
	Benchmarks/run

clean: ## remove what was built
	rm -rf .build
