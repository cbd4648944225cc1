# What can be made here. `make demo` shows the main job; `make test` proves it.

GO      ?= go
BIN     := bin
LINT    := $(BIN)/golangci-lint
LINT_AT := v2.15.0
FUZZ    ?= 30s
PAGES   := ./kind ./model ./internal/judge ./internal/report ./internal/unpack

.PHONY: build demo incident test check docs fuzz bench soak clean

build: ## the binary, ./overgrant
	$(GO) build -trimpath -o overgrant ./cmd/overgrant

demo: build ## re-enact the leak of 2020 to 2023: scan, verify, measure, close; a report in demo/exposure.html (a minute and a half)
	$(GO) run ./test/incident demo

incident: build ## the same leak to try things on: the account is there until an interrupt
	$(GO) run ./test/incident -serve demo

test: ## install what is missing, then run every test
	./test/setup
	CI=$${CI:-1} $(GO) test ./...

check: $(LINT) ## format, vet, lint, layers, generated pages fresh
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt -w on these'; exit 1; }
	$(GO) mod verify
	$(GO) vet ./...
	$(LINT) run ./...
	$(GO) test -run 'Layers|Page|fresh|All' . $(PAGES)

docs: ## write the generated pages under doc/ anew
	$(GO) test $(PAGES) -update

fuzz: ## every fuzz target for FUZZ (30s) each
	./test/fuzz $(FUZZ)

bench: build ## ratios against git, ripgrep and the scanners on PATH
	$(GO) run ./bench

soak: build ## a 10 GB stream, hostile archives, 20 GB of logs and a day of history, in bounded memory
	./test/soak ./overgrant

clean:
	rm -rf overgrant $(BIN) demo

$(LINT):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_AT)
