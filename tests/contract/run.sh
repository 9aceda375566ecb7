#!/usr/bin/env bash
# Holds the running server against its own description with schemathesis, all checks on: without tokens, and with.
# Usage: run.sh TUNE, where TUNE is the program.
set -euo pipefail
tune=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)

version=4.32.5
venv="${XDG_CACHE_HOME:-$HOME/.cache}/tune-ci/schemathesis-$version"
if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet "schemathesis==$version"
fi

place=$(mktemp -d)
server=""
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
trap 'stop; rm -rf "$place"' EXIT

# Starts a server on the store $1 and waits for its address.
serve() {
    mkdir -p "$place/$1"
    : > "$place/address"
    "$tune" --store "$place/$1/store" serve --listen 127.0.0.1:0 --directory "$place/$1" > "$place/address" 2> "$place/log" &
    server=$!
    until [ -s "$place/address" ]; do
        kill -0 "$server" || { cat "$place/log"; exit 1; }
        sleep 0.05
    done
    address=$(cat "$place/address")
}

# Something to be found: an experiment that asks, one of its trials told.
furnish() {
    local ask=("$@" -sf -o /dev/null -H 'content-type: application/json')
    "${ask[@]}" "$address/api/v1/experiments" -d '{
        "name": "known", "objective": {"metric": "loss", "goal": "minimize"}, "max_trials": 1000,
        "parameters": {"rate": {"type": "float", "min": 0, "max": 1}, "kind": {"type": "categorical", "values": ["a", "b"]}}}'
    "${ask[@]}" "$address/api/v1/experiments/known/ask" -d '{"count": 3}'
    "${ask[@]}" "$address/api/v1/experiments/known/trials/0/tell" -d '{"metrics": {"loss": 0.5}}'
}

check() {
    curl -sf -H "authorization: Bearer $CONTRACT_TOKEN" "$address/api/v1/openapi.json" > "$place/openapi.json"
    # It keeps notes where it runs.
    (
        cd "$place"
        PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here" SCHEMATHESIS_HOOKS=hooks \
            "$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$place/openapi.json" --url "$address" \
            --checks all --max-examples 20 --workers 1 "$@"
    )
    kill -0 "$server" || { echo "the server has ended"; cat "$place/log"; exit 1; }
    ! grep -i 'panicked\|has a fault' "$place/log"
}

echo "-- without tokens"
export CONTRACT_TOKEN=none
serve open
furnish curl
# The first token would close the door to all that comes after it.
check --exclude-operation-id create_token
stop

echo "-- with tokens"
mkdir -p "$place/closed"
CONTRACT_TOKEN=$("$tune" --quiet --store "$place/closed/store" token create --role admin --name contract)
serve closed
furnish curl -H "authorization: Bearer $CONTRACT_TOKEN"
check
