#!/bin/sh
# Runs unit, browser or live tests for ctest, with what the build has installed and built:
#     run.sh unit|browser|live PAGE TCPDX
# PAGE is the folder that cmake/BuildWebPage.cmake made. Exit status 77: something is missing here.
set -eu
kind="$1"
page="$2"
TCPDX="$3"
export TCPDX
web="$(cd "$(dirname "$0")/.." && pwd)"

skip() {
    echo "skipped: $1"
    exit 77
}
[ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -ge 20 ] || skip "the test runner of node 18 is too old"
[ -d "$page/dist" ] || skip "the page was not built (no npm?)"
[ "$kind" = unit ] || [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || skip "no Chromium"
[ "$kind" != live ] || [ "$(id -u)" -eq 0 ] || skip "needs root"
[ "$kind" != live ] || command -v nft >/dev/null || skip "needs nftables"

# Nothing is written into the sources.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/web"
cp -r "$web/src" "$web/mock" "$web/tests" "$web/package.json" "$web/tsconfig.json" "$work/web"
ln -s "$page/node_modules" "$work/web/node_modules"
ln -s "$page/dist" "$work/web/dist"
ln -s "$web/../docs" "$work/docs"
cd "$work/web"
alone=""
[ "$kind" != live ] || alone="unshare --net"
# shellcheck disable=SC2086 # a command of words, or none
$alone node --test --test-concurrency=1 "tests/$kind/"
