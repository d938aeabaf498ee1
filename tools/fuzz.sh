#!/bin/sh
# Fuzzes every parser, or the one named, for some seconds each: tools/fuzz.sh [SECONDS [TARGET]]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
for target in build/fuzz/fuzz/${2:-*}_fuzz; do
    name=$(basename "$target" _fuzz)
    echo "== $name"
    mkdir -p "build/fuzz/fuzz/found/$name"
    "$target" -max_total_time="$seconds" -print_final_stats=1 "build/fuzz/fuzz/found/$name" \
        "fuzz/corpus/$name" 2>&1 | tail -n 8
done
