# landscape: what the loss looks like around the weights of a large time-series model.
SWIFT ?= swift
BIN := .build/release/landscape
DEMO := plots/demo

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-slow bench check-pages lint format docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

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
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

# Suites with tests that run, or run in full, only with LANDSCAPE_SLOW_TESTS.
SLOW := CommandLineTests.(WriteFaultTests|RandomKillTests|EnvironmentTests|InputAndClockTests)

test-slow: ## every fault at every call, 200 kills and what else takes hours
	@scripts/setup.sh --oracle
	$(SWIFT) build --build-tests
	LANDSCAPE_SLOW_TESTS=1 $(SWIFT) test --skip-build --filter '$(SLOW)'

bench: ## time us and the released peers on the same windows: make bench DATA=ETTh1.csv (takes about 10 minutes)
	@scripts/setup.sh --bench
	$(SWIFT) build -c release --product landscape
	$(SWIFT) build -c release --product LandscapeBenchmarks
	.deps/bench/bin/python Benchmarks/compare.py $(if $(DATA),--data "$(DATA)")

check-pages: ## open report pages in headless Chromium, axe and an HTML checker: make check-pages PAGES=plots/demo/report.html
	@scripts/setup.sh --pages
	.deps/pages/bin/python scripts/check-page.py $(or $(PAGES),$(DEMO)/report.html)

lint: ## formatting, as CI checks it
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

format: ## format all sources in place
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

docs: setup ## reference documentation of the library modules in .build-docs
	LANDSCAPE_DOCS=1 $(SWIFT) package --scratch-path .build-docs --allow-writing-to-directory .build-docs/html \
		generate-documentation --target Landscape --target Training --target Smoothing --target Forecasters --target Krylov \
		--target TimeSeries --target Archive --target Figures \
		--enable-experimental-combined-documentation --output-path .build-docs/html

clean: ## remove build products (keeps .deps)
	rm -rf .build .build-docs
