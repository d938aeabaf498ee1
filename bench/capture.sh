#!/bin/sh
# How fast captures are read, against a bare libpcap loop, tshark and tcptrace where they are
# installed. Makes a file of 1 GB and a flood of 10 million SYNs in the folder given, and removes
# them at the end.
#
#     bench/capture.sh BUILD_FOLDER [WORK_FOLDER]
set -eu

speed="$1/bench/capture_speed"
folder="${2:-/tmp}"
file="$folder/tcpdx-bench.pcap"
trap 'rm -f "$file"' EXIT

"$speed" make "$file" 1024
for what in libpcap walk tcpdx; do
    "$speed" "$what" "$file"
done
timed() {
    start=$(date +%s.%N)
    timeout 300 "$@" </dev/null >/dev/null 2>&1 || { echo "$1: failed, or took more than 300 s"; return; }
    end=$(date +%s.%N)
    echo "$1: $(echo "$end - $start" | bc) s"
}
if command -v tcptrace >/dev/null; then timed tcptrace "$file"; fi
if command -v tshark >/dev/null; then timed tshark -q -z conv,tcp -r "$file"; fi

"$speed" flood "$file" 10000000
for most in 100000 1000000; do
    "$speed" tcpdx "$file" "$most"
done
