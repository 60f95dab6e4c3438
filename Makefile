# Every verb a developer needs. `make run` and `make test` are the two that matter.
SHELL := /bin/bash
export PATH := $(CURDIR)/style/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
CYCLONEDX_VERSION := 0.5.7
# Built once for tests and lints alike: the compiler that lints also makes the program. `cargo clippy` would compile everything once more.
LINTED := env RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings
CI := --profile ci
NEXTEST := $(LINTED) cargo nextest run --workspace --cargo-profile ci
WITH_SERVICES := ./target/ci/oneo with-services --

.PHONY: run build site build-ci test check unit e2e security security-timing fuzz sbom bench screenshots setup setup-run setup-watch watch clean migration docs

## Install what is missing, build, start private PostgreSQL and Redis, migrate, create demo and test, serve on localhost:8000
run: build
	./target/release/oneo dev

## The release, and the site it serves
build: setup-run site
	CARGO_ENCODED_RUSTFLAGS= cargo build --release --locked --bin oneo

site:
	node scripts/site.mjs

## What tests need, linted
build-ci:
	$(LINTED) cargo build --workspace --all-targets $(CI) --locked

## Everything CI runs, and how long each part took
test:
	scripts/stages.sh setup check site unit e2e

## Formatting, lints for both targets, what may reach the browser, circles of modules, licenses and sources
check:
	cargo fmt --all --check
	$(MAKE) --no-print-directory build-ci
	cargo clippy -p islands --target wasm32-unknown-unknown --features hydrate $(CI) --locked -- -D warnings
	scripts/wasm-guard.sh
	$(LINTED) cargo run --quiet -p module-circles $(CI) --locked -- src app/src crates/*/src
	cargo deny check bans licenses sources

## Rust tests, each a process of its own, with throwaway PostgreSQL and Redis
unit: build-ci
	$(WITH_SERVICES) $(NEXTEST) $(ARGS)

## The requirements of security against the release binary, and the table of what proved each
security: setup build build-ci
	mkdir -p target/security
	set -o pipefail; ONEO_PROGRAM=$(CURDIR)/target/release/oneo $(WITH_SERVICES) \
		$(NEXTEST) --color never -E 'test(/(^|::)r[0-9][0-9]_/)' 2>&1 | tee target/security/run
	set -o pipefail; cd end2end && ONEO_PROGRAM=$(CURDIR)/target/release/oneo NO_COLOR=1 npx playwright test -g 'r[0-9][0-9]_' 2>&1 | tee -a ../target/security/run
	ONEO_SECURITY_RUN=$(CURDIR)/target/security/run $(NEXTEST) --test security -E 'test(the_table_is_whole)'

## Whether the answers to a failed sign-in can be told apart by their time
security-timing: setup build build-ci
	ONEO_PROGRAM=$(CURDIR)/target/release/oneo $(WITH_SERVICES) \
		$(NEXTEST) --test security --run-ignored only -E 'test(timing)' --no-capture

## The parsers that face the network, for minutes
fuzz:
	PROPTEST_CASES=$${CASES:-100000} $(NEXTEST) --profile fuzz -E 'test(/fuzz/)'

## What the program is made of, as CycloneDX, in target/sbom
sbom:
	command -v cargo-cyclonedx >/dev/null || cargo install cargo-cyclonedx --locked --version $(CYCLONEDX_VERSION)
	cargo cyclonedx --format json --override-filename oneo-sbom
	mkdir -p target/sbom && mv oneo-sbom.json target/sbom/oneo.json && find app crates -name oneo-sbom.json -delete

## Chromium against the program that the Rust tests use
e2e: site build-ci
	cd end2end && npx playwright test $(ARGS)

## The pictures of the documentation, made by the end-to-end suite
screenshots: site build-ci
	cd end2end && ONEO_SCREENSHOTS=test-results/look npx playwright test specs/pages.spec.ts
	mkdir -p docs/screenshots && cp end2end/test-results/look/tenants-light-1280.png docs/screenshots/tenants.png

## Pages per second and milliseconds of the built binary, as ratios of one run
bench: build
	scripts/bench.sh

setup:
	scripts/setup.sh test

setup-run:
	scripts/setup.sh run

setup-watch:
	scripts/setup.sh watch

## Serve with hot reload
watch: setup-watch
	cargo leptos watch -- dev

## A new up/down pair: make migration SITE=tenant NAME=users_add_phone
migration:
	@test -n "$(NAME)" && test -d "migrations/$(SITE)" || { echo "make migration SITE=tenant|platform NAME=what_it_does"; exit 1; }
	@folder=migrations/$(SITE)/$$(date -u +%Y%m%d%H%M%S)_$(NAME) && mkdir -p $$folder && touch $$folder/up.sql $$folder/down.sql && echo $$folder

## Write docs/API.md, docs/STRINGS.txt and docs/AUTHORIZATION.md anew from what is registered
docs:
	ONEO_WRITE_DOCS=1 $(LINTED) cargo test --workspace $(CI) --test it -- not_stale written_down
	ONEO_WRITE_DOCS=1 $(LINTED) cargo test --workspace $(CI) --test security the_table

## Remove what was built, and the development data
clean:
	cargo clean
	rm -rf data
