#!/usr/bin/env bash
# What `tune` costs beyond the processes it runs: 1,000 trials of one step `echo m=1`, two at a time, against the same 1,000 processes under
# `xargs -P2`, in turn; every state change kept. Prints each pair's ratio and the medians. Usage: benches/overhead.sh [PAIRS]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --quiet
tune="${CARGO_TARGET_DIR:-target}/release/tune"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat > "$scratch/overhead.yaml" <<'YAML'
name: overhead
objective: { metric: m, goal: maximize }
algorithm: random
max_trials: 1000
parallel_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  step: { run: "echo m=1" }
YAML

python3 - "$tune" "$scratch" "${1:-5}" <<'PYTHON'
import os, statistics, subprocess, sys, tempfile, time

tune, scratch, pairs = sys.argv[1], sys.argv[2], int(sys.argv[3])
XARGS = "seq 1000 | xargs -P2 -I{} sh -c 'echo m=1' > /dev/null"


def timed(command, **options):
    """Wall seconds and peak memory (MB) of a command."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed: {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def run_tune():
    # A new folder each time: some file systems make files slowly for a while where many have just been deleted.
    store = tempfile.mkdtemp(dir=scratch)
    return timed([tune, "--store", store, "run", os.path.join(scratch, "overhead.yaml")])


def run_xargs():
    return timed(["sh", "-c", XARGS])


run_tune(), run_xargs()  # warm-up
ratios, memory, seconds = [], [], []
for pair in range(pairs):
    (ours, peak), (theirs, _) = run_tune(), run_xargs()
    ratios.append(ours / theirs)
    memory.append(peak)
    seconds.append(ours)
    print(f"pair {pair + 1}: tune {ours:.2f} s, xargs {theirs:.2f} s, ratio {ratios[-1]:.2f}, peak memory {peak:.0f} MB")

start = [timed([tune, "--version"])[0] * 1000 for _ in range(20)]
print(f"median ratio {statistics.median(ratios):.2f}")
print(f"median peak memory {statistics.median(memory):.0f} MB")
print(f"median {1000 / statistics.median(seconds):.0f} trials a second")
print(f"median `tune --version` {statistics.median(start):.1f} ms")
PYTHON
