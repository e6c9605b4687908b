# The index of verbs. `make help` lists them; both set-up commands are `make run` and `make test`.
.NOTPARALLEL:
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help run test node-test sanitize fuzz soak lint format build images rig system oracle stores validation engines deps \
	install docs bench deb clean deps-build deps-run deps-test deps-lint deps-validation deps-bench deps-deb

prefix ?= /usr/local
version ?= $(shell sed -n 's/.*static let current = "\(.*\)"/\1/p' Sources/Control/VersionReply.swift)
demo := .build/demo
export MARTLET_RIG_DIR ?= $(CURDIR)/.build/rig
export MARTLET_SYSTEM_DIR ?= $(CURDIR)/.build/system
export MARTLET_ORACLE ?= $(CURDIR)/.build/oracle/docker-compose
export MARTLET_STORES ?= $(CURDIR)/.build/stores
export MARTLET_OPENSTACK ?= $(CURDIR)/.build/openstack
export MARTLET_VALIDATION ?= $(CURDIR)/.build/validation
export MARTLET_EXAMPLE_IMAGES ?= $(CURDIR)/$(demo)/images

# Looked for once, and only by the verbs that compile.
SWIFT = $(eval SWIFT := $(or $(shell .ci/toolchain),$(error no Swift toolchain)))$(SWIFT)

# The keeper is C and static, so it is compiled without SwiftPM, which would link Swift's runtime into it.
clang = $(or $(wildcard $(dir $(SWIFT))clang),cc)
c_flags := -std=gnu17 -D_GNU_SOURCE -g -Wall -Wextra -Werror -Wno-unused-parameter
keeper_flags := $(c_flags) -O2 -static
checks := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fuse-ld=lld
share = $(shell expr $(or $(seconds),60) / 3)
fuzzer = $(clang) $(c_flags) $(checks) -fsanitize=fuzzer $(keeper_dirs:%=-I%)
fuzzing = -print_funcs=0 -verbosity=0 -max_total_time=$(share) -artifact_prefix=.build/fuzz/ .build/fuzz/found/
reports := -DMARTLET_REPORTS='"$(CURDIR)/.build/reports"'
keeper_dirs := Sources/martlet-keeper Sources/CLaunch Sources/CLaunch/include Sources/CLinux/include
keeper_c := $(filter-out %/replace.c,$(wildcard $(keeper_dirs:=/*.c))) Sources/CLinux/descriptors.c Sources/CLinux/sealed.c

help: ## list the verbs
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: export MARTLET_STATE_DIR = $(CURDIR)/$(demo)/state
run: export MARTLET_RUNTIME_DIR = $(CURDIR)/$(demo)/run
run: build images ## build everything and run the click counter; Ctrl-C ends it
	@mkdir -p $(demo)/state $(demo)/run
	.build/release/martlet image import $(demo)/images/web $(demo)/images/redis
	@echo 'In another terminal: curl http://127.0.0.1:8080/'
	@exec .build/release/martlet run Config/examples/clickme/compose.yaml

# One test at a time: they share a small machine, and some of them block their thread. The walk is that of the
# programs as they are installed, and so is the machine that is booted again and again.
machine := NodeTests\.PackageTests/.a machine
test: deps-deb rig images system oracle stores build ## run every test; the node tests boot machines
	$(SWIFT) build --build-tests
	@$(MAKE) --no-print-directory .build/debug/martlet-keeper .build/debug/martlet-keeper-faults
	Tests/run $(SWIFT) --skip 'WalkTests\.WalkTests' --skip '$(machine)' -- --filter 'WalkTests\.WalkTests' --filter '$(machine)'
	@$(MAKE) --no-print-directory sanitize fuzz

# All that the package does on the emulated machine, too, where `make test` has most of it in a container alone. Two power
# cuts and two reboots; with MARTLET_SOAK=1 25 of each.
node-test: deps-test deps-deb rig images system build ## run the package on a booted node, reboot included
	$(SWIFT) build --build-tests
	MARTLET_NODE_TEST=1 Tests/run $(SWIFT) --filter 'NodeTests\.PackageTests'

engines: deps-test system build ## judge martlet-runtime by podman, containerd and docker, beside runc
	$(SWIFT) build --build-tests
	Tests/run $(SWIFT) --filter EngineTests

# What a keeper's sanitizers find is in `reports`: their standard error may be a container's, or nowhere.
sanitize: .build/debug/martlet-keeper-asan .build/debug/martlet-keeper-asan-faults ## run the launch tests on a keeper that watches its own memory
	@rm -f .build/reports
	MARTLET_KEEPER=.build/debug/martlet-keeper-asan Tests/run $(SWIFT) \
		--filter 'ContainersTests\.(Keeper|Launch|Isolation|HostileRoot|RuntimeFault)'
	@! tr -d '\0' <.build/reports | grep .

# A third of the time for each; the shortest inputs that reach something new are kept.
fuzz: ## search for launch programs and requests that break validator, keeper or interpreter: seconds=60
	@mkdir -p .build/fuzz/found/validate .build/fuzz/found/protocol && rm -f .build/fuzz/reports
	$(fuzzer) Tests/Fuzzers/validate.c Sources/CLaunch/validate.c -o .build/fuzz/validate
	$(fuzzer) Tests/Fuzzers/protocol.c $(filter-out %/main.c %/reexec.c,$(keeper_c)) -o .build/fuzz/protocol
	$(clang) $(c_flags) $(checks) -DMARTLET_REPORTS='"$(CURDIR)/.build/fuzz/reports"' $(keeper_dirs:%=-I%) Tests/Fuzzers/interpret.c \
		Tests/Faults/sanitizers.c $(filter-out Sources/martlet-keeper/%,$(keeper_c)) -o .build/fuzz/interpret
	.build/fuzz/validate -max_len=8192 $(fuzzing)validate
	.build/fuzz/protocol -max_len=256 -timeout=30 $(fuzzing)protocol
	.build/fuzz/interpret $(share)

soak: export MARTLET_SOAK = 1
soak: export seconds = 600
soak: test ## the same at full sizes, for hours

lint: deps-lint ## check format, scripts and house rules
	.ci/lint $(SWIFT)

format: deps-build ## bring the Swift files into the format that lint wants
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

build: deps-build ## compile martlet, martlet-agent, martlet-runtime, martlet-lazy and martlet-keeper to .build/release
	@mkdir -p .build/static
	@ln -sf $$($(clang) -print-file-name=libstdc++.a) .build/static/libstdc++.a
	@ln -sf $$($(clang) -print-file-name=libgcc_eh.a) .build/static/libgcc_s.a
	for product in martlet martlet-agent martlet-runtime martlet-lazy; do \
		$(SWIFT) build -c release --static-swift-stdlib -Xlinker -s --product $$product || exit; \
	done
	@$(MAKE) --no-print-directory .build/release/martlet-keeper

# After SwiftPM, which makes the folders.
.build/debug/martlet-keeper .build/release/martlet-keeper: $(keeper_c) $(wildcard $(keeper_dirs:=/*.h))
	$(clang) $(keeper_flags) $(keeper_dirs:%=-I%) $(keeper_c) -o $@

# For tests alone: one that fails where it is told to, and one that watches its own memory.
.build/debug/martlet-keeper-faults: $(keeper_c) $(wildcard $(keeper_dirs:=/*.h)) Tests/Faults/faults.c
	$(clang) $(keeper_flags) -DMARTLET_FAULTS $(keeper_dirs:%=-I%) $(filter %.c,$^) -o $@
.build/debug/martlet-keeper-asan: $(keeper_c) $(wildcard $(keeper_dirs:=/*.h)) Tests/Faults/sanitizers.c
	$(clang) $(c_flags) $(checks) $(reports) $(keeper_dirs:%=-I%) $(filter %.c,$^) -o $@
.build/debug/martlet-keeper-asan-faults: $(keeper_c) $(wildcard $(keeper_dirs:=/*.h)) Tests/Faults/sanitizers.c Tests/Faults/faults.c
	$(clang) $(c_flags) $(checks) $(reports) -DMARTLET_FAULTS $(keeper_dirs:%=-I%) $(filter %.c,$^) -o $@

images: deps-run ## make the images of the click counter
	@Config/examples/clickme/images/build $(demo)/images

system: deps-run ## make the Debian that boots in a container
	@Tests/SystemTests/system/build-image

rig: deps-test ## make the node that node tests boot
	@Tests/NodeTests/rig/build-rootfs

oracle: deps-test ## get the real Compose that tests compare with
	@.ci/oracle

stores: deps-test ## get the object stores that tests run against
	@.ci/stores
	@.ci/openstack

validation: deps-validation ## compile the validation programs of a checkout of runtime-tools: source=FOLDER
	@Tests/EngineTests/validation/build $(source) $(MARTLET_VALIDATION)

# Prerequisites, not lines of a recipe: $(SWIFT) is looked for when a recipe is expanded, and a
# toolchain may not start before its libraries are there.
deps: deps-test deps-lint ## install the Debian packages that are missing
deps-build:
	@.ci/deps swift build
deps-run:
	@.ci/deps run
deps-test:
	@.ci/deps swift build run test engine deb
deps-deb:
	@.ci/deps deb
deps-bench:
	@.ci/deps swift build run test bench
deps-validation:
	@.ci/deps validation
deps-lint:
	@.ci/deps swift lint

# Programs find each other beside themselves; what people type leads there. Units name the prefix.
install: ## copy what `make build` made to $(DESTDIR)$(prefix)
	install -D -t $(DESTDIR)$(prefix)/libexec/martlet .build/release/martlet{,-agent,-runtime,-lazy,-keeper}
	install -d $(DESTDIR)$(prefix)/bin
	ln -sf -t $(DESTDIR)$(prefix)/bin ../libexec/martlet/martlet ../libexec/martlet/martlet-runtime
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/systemd/system Units/martlet*
	sed -i 's,/usr/\(bin\|libexec\|share/doc\)/martlet,$(prefix)/\1/martlet,' $(DESTDIR)$(prefix)/lib/systemd/system/martlet*
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/systemd/catalog Units/catalog/martlet.catalog
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/tmpfiles.d Units/tmpfiles.d/martlet.conf
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/sysusers.d Units/sysusers.d/martlet.conf
	Units/package/man $(DESTDIR)$(prefix)/share/man/man1 $(version) .build/release/martlet{-runtime,,-agent}
	install -d $(DESTDIR)$(prefix)/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
	Units/package/completions bash .build/release/martlet{,-agent} >$(DESTDIR)$(prefix)/share/bash-completion/completions/martlet
	Units/package/completions zsh .build/release/martlet{,-agent} >$(DESTDIR)$(prefix)/share/zsh/vendor-completions/_martlet
	Units/package/completions fish .build/release/martlet{,-agent} >$(DESTDIR)$(prefix)/share/fish/vendor_completions.d/martlet.fish
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/doc/martlet README.md CHANGELOG.md docs/*.md
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/doc/martlet/examples Config/node.yaml Config/examples/systemd/* \
		Config/examples/clickme/compose.yaml

deb: deps-build deps-deb build ## make a Debian package in .build/deb
	@Units/package/deb .build/deb $(version)

docs: ## check that links in the documentation lead somewhere
	.ci/links

bench: deps-bench stores build ## measure starts and pulls beside a bare floor and the peers that are installed
	SWIFT=$(SWIFT) Benchmarks/run
	Benchmarks/pull
	Benchmarks/apply
	Benchmarks/stores
	Benchmarks/volumes
	Benchmarks/scale apps=10
	Benchmarks/scale apps=100

clean: ## remove what was built
	rm -rf --one-file-system .build
