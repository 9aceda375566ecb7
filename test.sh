#!/usr/bin/env bash
# Installs what the tests need that the machine lacks, then runs every check and test. The last lines are the test runner's summary.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

# Debian package names of commands that are missing.
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need cc gcc
need python3 python3
need script bsdutils
compgen -G "/usr/lib/postgresql/*/bin/pg_ctl" >/dev/null || need pg_ctl postgresql
need curl curl
need openssl openssl
need node nodejs
need npm npm
need chromium chromium
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ "${#missing[@]}" -gt 0 ]; then
    say "installing ${missing[*]}"
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -q
    $sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

say "the dashboard is what its source says"
dashboard/check.sh

say "formatting"
cargo fmt --all --check

say "lints"
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --document-private-items --locked --quiet

say "the first command of the README"
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
TUNE_STORE="$store" cargo run --release --locked --quiet -- run examples/iris.yaml

say "the HTTP interface against its own description"
tests/contract/run.sh "${CARGO_TARGET_DIR:-target}/release/tune"

say "the dashboard in a browser"
dashboard/tests/run.sh "${CARGO_TARGET_DIR:-target}/release/tune"

say "documentation examples"
cargo test --workspace --all-features --doc --locked --quiet

say "tests"
if cargo nextest --version >/dev/null 2>&1; then
    say "tests of the whole program, over PostgreSQL"
    TUNE_TEST_STORE=postgres tests/postgres.sh \
        cargo nextest run --profile postgres --workspace --all-features --locked --no-fail-fast
    say "all tests"
    tests/postgres.sh cargo nextest run --workspace --all-features --locked --no-fail-fast
else
    tests/postgres.sh cargo test --workspace --all-features --lib --bins --tests --locked --no-fail-fast
fi
