#!/usr/bin/env bash
# The dashboard in a real browser against a real server: run.sh BINARY [TEST...]. With SCREENSHOTS=FOLDER, pictures of every page are left there.
set -euo pipefail
cd "$(dirname "$0")/.."
TUNE_BINARY=$(realpath "$1")
export TUNE_BINARY
shift
[ -d node_modules ] || npm ci --no-audit --no-fund
[ $# -gt 0 ] || set -- tests/*.test.mjs
exec node --test --test-concurrency=1 --test-reporter=spec "$@"
