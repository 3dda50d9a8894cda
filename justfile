# One recipe a stage. `just all` sets up and runs the main job.
# config=FILE picks another configuration; set='key=value' overrides a key, several are parted by `;`.
# What follows a recipe's name goes to the stage as it is: just train --dry-run

config := "pipeline.toml"
set := ""

export RUST_BACKTRACE := env("RUST_BACKTRACE", "0")

export CARGO_TARGET_DIR := "target"

bin := "target/release"
flags := "--config " + quote(config) + if set == "" { "" } else { " --set " + replace(quote(set), ";", "' --set '") }

# list the recipes
_default:
    @just --list --unsorted

# set up, then run every stage that is not up to date, from pictures to the report
[positional-arguments]
all *args: build
    #!/usr/bin/env bash
    set -u
    # A gate that is not met (3) or rejected inputs (4) leave outputs in place: the later stages go on.
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

# gather pictures by class
[positional-arguments]
scrape *args: build
    @{{bin}}/scrape {{flags}} "$@"

# check, orient, crop, resize and split the pictures
[positional-arguments]
preprocess *args: build
    @{{bin}}/preprocess {{flags}} "$@"

# look for a learning rate: a short training with an ever higher one
[positional-arguments]
find-lr *args: build
    @{{bin}}/train {{flags}} find-lr "$@"

# cache what lies below the cut, sweep, and save the best network; goes on where it was stopped
[positional-arguments]
train *args: build
    @{{bin}}/train {{flags}} "$@"

# judge the tuned network on the test split
[positional-arguments]
evaluate *args: build
    @{{bin}}/evaluate {{flags}} "$@"

# name what is on pictures: just classify [--network squeezenet] FILE…
[positional-arguments]
classify *args: build
    @{{bin}}/evaluate {{flags}} classify "$@"

# look inside the tuned network and write report.html
[positional-arguments]
analyze *args: build
    @{{bin}}/analyze {{flags}} "$@"

# say of every stage whether it would run, and why
status: build
    @for stage in $({{bin}}/setup --stages); do {{bin}}/$stage {{flags}} --dry-run; done

# write pipeline.toml, docs/configuration.md and docs/pipeline.schema.json anew from the configuration types
generate:
    cargo run --quiet --release --locked -p contract --example generate

# build every stage
build:
    @cargo build --release --locked --bins

# build the benchmarks
_build-bench:
    @cargo build --release --locked --package bench

# measure training against PyTorch and TensorFlow: just bench-peers [--photos FOLDER] [--rounds N]; writes BENCHMARKS.md
[positional-arguments]
bench-peers *args: build _build-bench
    @{{bin}}/setup {{flags}} --quiet
    @case " $* " in *" --photos"*) ;; *) {{bin}}/scrape {{flags}} && {{bin}}/preprocess {{flags}} ;; esac
    @{{bin}}/bench peers "$@"

# measure downloading against img2dataset: just bench-scrape [--pictures N] [--rounds N]; writes BENCHMARKS-scrape.md
[positional-arguments]
bench-scrape *args: build _build-bench
    @{{bin}}/bench scrape "$@"

# measure occlusion against Captum: just bench-occlusion [--rounds N]; writes BENCHMARKS-occlusion.md
[positional-arguments]
bench-occlusion *args: build _build-bench
    @{{bin}}/setup {{flags}} --quiet
    @{{bin}}/bench occlusion "$@"

# measure t-SNE against openTSNE: just bench-tsne [--points N,…] [--rounds N]; writes BENCHMARKS-tsne.md
[positional-arguments]
bench-tsne *args: build _build-bench
    @{{bin}}/bench tsne "$@"

# everything that CI checks
test: lint build
    {{bin}}/setup --quiet
    cargo test --release --locked --workspace

# open the report in Chromium and do what a reader does: needs chromium, node and npm (axe-core), and is no part of `test`
[positional-arguments]
check-report *args: build
    @{{bin}}/setup --quiet
    @npm install --silent --no-audit --no-fund --prefix target/check-report axe-core@4
    @rm -rf target/check-report/hostile
    @REPORT_TO_CHECK="$PWD/target/check-report/hostile" cargo test --quiet --release --locked --workspace --test stage the_report_is_whole > target/check-report/made.txt 2>&1 || { cat target/check-report/made.txt; exit 1; }
    @node tests/report/check.mjs target/check-report/hostile/analyze/report.html --axe target/check-report/node_modules/axe-core/axe.min.js
    @node tests/report/check.mjs "${1:-artifacts/analyze/report.html}" --axe target/check-report/node_modules/axe-core/axe.min.js --pictures target/check-report/pictures

# check formatting, lints (warnings are errors) and the structure of modules and crates
lint:
    cargo fmt --all --check
    cargo clippy --release --locked --workspace --all-targets -- -D warnings
    cargo run --quiet --release --locked --package structure
