# run: build and serve on http://127.0.0.1:8080 with a private PostgreSQL and a demo company
# test: unit, database, HTTP, architecture and browser tests
# bench: speed beside a bare gin + pgx server, in two parts; the first run loads a million deals (about 20 minutes),
#        then a million customers with two million activities (about 10 minutes)
GO ?= go
LINT = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BROWSER = $(or $(shell command -v chromium chromium-browser google-chrome google-chrome-stable 2>/dev/null | head -n 1))

.PHONY: run build test lint check bench browser generate

run: build
	./bin/meridian serve --demo

build:
	$(GO) build -o bin/meridian ./cmd/meridian

test: browser
	$(GO) test -timeout 30m ./...

lint:
	$(GO) vet ./...
	$(LINT) run --config configs/golangci.yml ./...

check: lint test

bench: build
	$(GO) run ./cmd/bench
	$(GO) run ./cmd/bench -depth 1000

# The generated templates are committed; this must change nothing.
generate:
	$(GO) tool templ generate -path platform/web/ui

# The browser tests need a Chromium; Debian and Ubuntu get it, others are told.
browser:
ifeq ($(BROWSER),)
	@if command -v apt-get >/dev/null; then \
		S=; [ "$$(id -u)" = 0 ] || S=sudo; $$S apt-get update -qq && $$S apt-get install -y -qq chromium; \
	else echo "The browser tests need Chromium or Chrome: please install it." >&2; exit 1; fi
endif
