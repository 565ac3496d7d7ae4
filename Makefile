# landscape: what the loss looks like around the weights of a large time-series model.
SWIFT ?= swift
BIN := .build/release/landscape
DEMO := plots/demo
# One set of flags for all debug builds, so that none begins anew after another.
DEBUG := --enable-code-coverage
# Programs built for coverage write a profile wherever they are; only those of the tests are wanted.
export LLVM_PROFILE_FILE := /dev/null

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-slow examples check-readme man fuzz sanitize bench check-pages lint format docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install system packages and libtorch (idempotent)
	@scripts/setup.sh

build: setup ## build the landscape program (release)
	$(SWIFT) build -c release --product landscape

demo: build ## the main job on the embedded default: HDF5 file, figures, report and notebook
	@mkdir -p $(DEMO)
	$(BIN) probe --output $(DEMO)/run.h5 --report $(DEMO) --notebook notebooks-out/demo.ipynb --overwrite
	@echo "results: $(DEMO)/run.h5   report: $(DEMO)/report.html   notebook: notebooks-out/demo.ipynb"

test: ## set up, build and test everything
	@scripts/setup.sh --oracle
	$(SWIFT) build --build-tests $(DEBUG)
	@rm -rf .build/coverage
	LLVM_PROFILE_FILE="$(CURDIR)/.build/coverage/%8m.profraw" $(SWIFT) test --skip-build
	@python3 scripts/coverage.py
	python3 scripts/check-readme.py --program .build/debug/landscape README.md docs/*.md

man: ## manual pages in .build/man, one for each verb; try: man -l .build/man/landscape.1
	$(SWIFT) build --product landscape $(DEBUG)
	$(SWIFT) build --product generate-manual
	@rm -rf .build/man && mkdir -p .build/man
	.build/debug/generate-manual .build/debug/landscape --multi-page --output-directory .build/man
	@sed -i 's/^[[:space:]]*$$/.Pp/' .build/man/*.1
	@! groff -mdoc -Tutf8 -ww -z .build/man/*.1 2>&1 | grep .

check-readme: ## run the commands that README and docs show and compare what they print
	$(SWIFT) build --product landscape $(DEBUG)
	python3 scripts/check-readme.py --program .build/debug/landscape README.md docs/*.md

examples: setup ## build and run Examples/, a package of its own that uses the library
	$(SWIFT) build --package-path Examples --scratch-path .build-examples
	python3 scripts/check-readme.py --program .build-examples/debug/OwnModel --folder Examples Examples/README.md

fuzz: setup ## fuzz every reader of foreign files, 10 minutes each: make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS=PyTorch
	@scripts/fuzz.sh

sanitize: setup ## address and thread sanitizer over shims and parallel code: make sanitize SANITIZERS=address
	@scripts/sanitize.sh

# Suites with tests that run, or run in full, only with LANDSCAPE_SLOW_TESTS.
SLOW := ArchiveTests.IsolatedReaderTests|ReportsTests.SenselessNumbersTests|CommandLineTests.(WriteFaultTests|RandomKillTests|EnvironmentTests|InputAndClockTests|FamilyTests|RankTests|NumericalTrustTests)|ReportsTests.NotebookTests

test-slow: ## every fault at every call, 200 kills and what else takes hours
	@scripts/setup.sh --oracle
	$(SWIFT) build --build-tests $(DEBUG)
	LANDSCAPE_SLOW_TESTS=1 $(SWIFT) test --skip-build --filter '$(SLOW)'

bench: ## time us and the released peers on the same windows: make bench DATA=ETTh1.csv (20 to 40 minutes)
	@scripts/setup.sh --bench
	$(SWIFT) build -c release --product landscape
	$(SWIFT) build -c release --product LandscapeBenchmarks
	.deps/bench/bin/python Benchmarks/compare.py $(if $(DATA),--data "$(DATA)")

check-pages: ## open report pages in headless Chromium, axe and an HTML checker: make check-pages PAGES=plots/demo/report.html
	@scripts/setup.sh --pages
	.deps/pages/bin/python scripts/check-page.py $(or $(PAGES),$(DEMO)/report.html)

lint: ## formatting, as CI checks it
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks Examples/Package.swift Examples/Sources Fuzzing

format: ## format all sources in place
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks Examples/Package.swift Examples/Sources Fuzzing

docs: setup ## reference documentation of the library modules in .build-docs
	LANDSCAPE_DOCS=1 $(SWIFT) package --scratch-path .build-docs --allow-writing-to-directory .build-docs/html \
		generate-documentation --target Landscape --target Training --target Smoothing --target Forecasters --target Krylov \
		--target TimeSeries --target Archive --target Figures \
		--enable-experimental-combined-documentation --output-path .build-docs/html

clean: ## remove build products (keeps .deps)
	rm -rf .build .build-docs .build-examples .build-fuzz .build-fuzz-plain .build-asan .build-tsan
