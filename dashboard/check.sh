#!/usr/bin/env bash
# Builds the dashboard anew and says whether the result is, byte for byte, what is committed; and whether its types are those of the interface.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
npm run types -- --check
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
npm run build -- --outDir "$built" --emptyOutDir
if ! diff -r dist "$built"; then
    echo "dashboard/dist is not what its source says: run \`npm ci && npm run build\` in dashboard/ and commit the result" >&2
    exit 1
fi
