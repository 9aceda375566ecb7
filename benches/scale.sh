#!/usr/bin/env bash
# How long the questions take when there are many trials: runs an experiment of N trials (100,000 unless said otherwise) of random points that a
# builtin of the shell evaluates, then asks. Prints the median of five runs of each command. Usage: benches/scale.sh [TRIALS]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --quiet
tune="$(realpath "${CARGO_TARGET_DIR:-target}/release/tune")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat > "$scratch/many.yaml" <<YAML
name: many
objective: { metric: m, goal: maximize }
algorithm: random
max_trials: ${1:-100000}
parallel_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
  kind: { type: categorical, values: [a, b, c] }
pipeline:
  step: { run: "echo m=\${{ params.x }}" }
YAML

"$tune" --store "$scratch/store" --quiet run "$scratch/many.yaml" > /dev/null

python3 - "$tune" "$scratch" <<'PYTHON'
import statistics, subprocess, sys, time

tune, scratch = sys.argv[1:]
QUESTIONS = ["list", "best many", "show many 77", "trials many --limit 50", "trials many --sort m --limit 50", "show many", "compare many --by kind"]

for question in QUESTIONS:
    seconds = []
    for _ in range(5):
        start = time.monotonic()
        subprocess.run([tune, "--store", f"{scratch}/store", *question.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        seconds.append(time.monotonic() - start)
    print(f"{statistics.median(seconds) * 1000:7.0f} ms  tune {question}")
PYTHON
