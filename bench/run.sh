#!/bin/sh
# All benchmarks, in one run, as ratios against the peers. Needs root. See docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
cmake --preset bench >/dev/null
cmake --build --preset bench
for benchmark in build/bench/bench/*_bench; do
    [ -x "$benchmark" ] && "$benchmark"
done
bench/listing.py build/bench "$@"
bench/tracing.py build/bench
bench/paste.py build/bench/bin/tcpdx
build/bench/bench/history_speed "${TMPDIR:-/tmp}"
bench/api.py build/bench
bench/serve_cost.py build/bench
