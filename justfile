# Each stage has a recipe. `just all` installs what is needed and runs all stages.
# config=FILE selects another configuration. set='key=value' overrides a key; several are separated by `;`.
# Arguments after the name of a recipe go to the stage: just train --dry-run

config := "pipeline.toml"
set := ""

# a stage prints its own error, and the message of just would follow it
set no-exit-message := true

export RUST_BACKTRACE := env("RUST_BACKTRACE", "0")

export CARGO_TARGET_DIR := "target"

bin := "target/release"
checks := "--profile checks --locked --workspace"
flags := "--config " + quote(config) + if set == "" { "" } else { " --set " + replace(quote(set), ";", "' --set '") }

# list the recipes
_default:
    @just --list --unsorted

# install what is needed, then run every stage that is not up to date, from images to the report
[positional-arguments]
all *args: build
    #!/usr/bin/env bash
    set -u
    # The outputs are complete after a gate that is not met (3) and after rejected inputs (4), so the later stages run.
    ended=0
    for stage in $({{bin}}/setup --stages); do
        code=0
        {{bin}}/$stage {{flags}} "$@" || code=$?
        if [ $code -ne 0 ] && [ $ended -eq 0 ]; then ended=$code; fi
        if [ $code -ne 0 ] && [ $code -ne 3 ] && [ $code -ne 4 ]; then exit $code; fi
    done
    exit $ended

# install the runtime and the networks into data/
[positional-arguments]
setup *args: build
    @{{bin}}/setup {{flags}} "$@"

# gather images by class
[positional-arguments]
scrape *args: build
    @{{bin}}/scrape {{flags}} "$@"

# check, orient, crop, resize and split the images
[positional-arguments]
preprocess *args: build
    @{{bin}}/preprocess {{flags}} "$@"

# search for a learning rate: a short training with an increasing rate
[positional-arguments]
find-lr *args: build
    @{{bin}}/train {{flags}} find-lr "$@"

# train the trials of the sweep and save the best network; continues an interrupted run
[positional-arguments]
train *args: build
    @{{bin}}/train {{flags}} "$@"

# measure the tuned network on the test split
[positional-arguments]
evaluate *args: build
    @{{bin}}/evaluate {{flags}} "$@"

# classify image files: just classify [--network squeezenet] FILE…
[positional-arguments]
classify *args: build
    @{{bin}}/evaluate {{flags}} classify "$@"

# analyze the tuned network and write report.html
[positional-arguments]
analyze *args: build
    @{{bin}}/analyze {{flags}} "$@"

# print for every stage whether it would run, and why
status: build
    @for stage in $({{bin}}/setup --stages); do {{bin}}/$stage {{flags}} --dry-run; done

# generate pipeline.toml, docs/configuration.md and docs/pipeline.schema.json from the configuration types
generate:
    cargo run --quiet --release --locked -p contract --example generate

# build every stage
build:
    @cargo build --release --locked --bins

# build the benchmarks
_build-bench:
    @cargo build --release --locked --package bench

# compare training with PyTorch and TensorFlow: just bench-peers [--photos FOLDER] [--rounds N]; writes BENCHMARKS.md
[positional-arguments]
bench-peers *args: build _build-bench
    @{{bin}}/setup {{flags}} --quiet
    @case " $* " in *" --photos"*) ;; *) {{bin}}/scrape {{flags}} && {{bin}}/preprocess {{flags}} ;; esac
    @{{bin}}/bench peers "$@"

# compare downloading with img2dataset: just bench-scrape [--images N] [--rounds N]; writes BENCHMARKS-scrape.md
[positional-arguments]
bench-scrape *args: build _build-bench
    @{{bin}}/bench scrape "$@"

# compare occlusion with Captum: just bench-occlusion [--rounds N]; writes BENCHMARKS-occlusion.md
[positional-arguments]
bench-occlusion *args: build _build-bench
    @{{bin}}/setup {{flags}} --quiet
    @{{bin}}/bench occlusion "$@"

# compare t-SNE with openTSNE: just bench-tsne [--points N,…] [--rounds N]; writes BENCHMARKS-tsne.md
[positional-arguments]
bench-tsne *args: build _build-bench
    @{{bin}}/bench tsne "$@"

# run all checks of CI
test: lint
    cargo build {{checks}} --bins --tests --examples
    target/checks/setup --quiet --network squeezenet --network efficientnet-lite0
    cargo test {{checks}}

# check the report in Chromium; needs chromium, node and npm (axe-core), and is not part of `test`
[positional-arguments]
check-report *args: build
    @{{bin}}/setup --quiet
    @npm install --silent --no-audit --no-fund --prefix target/check-report axe-core@4
    @rm -rf target/check-report/hostile
    @REPORT_TO_CHECK="$PWD/target/check-report/hostile" cargo test --quiet --release --locked --package analyze --test it the_report_is_complete_safe_and_reproducible > target/check-report/made.txt 2>&1 || { cat target/check-report/made.txt; exit 1; }
    @node tests/report/check.mjs target/check-report/hostile/analyze/report.html --axe target/check-report/node_modules/axe-core/axe.min.js
    @node tests/report/check.mjs "${1:-artifacts/analyze/report.html}" --axe target/check-report/node_modules/axe-core/axe.min.js --screenshots target/check-report/screenshots

# check formatting, lints, the structure of modules and crates, and the documentation; warnings are errors
lint:
    cargo fmt --all --check
    cargo clippy {{checks}} --all-targets -- -D warnings
    cargo run --quiet --profile checks --locked --package structure
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet {{checks}} --no-deps
