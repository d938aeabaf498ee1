#!/bin/sh
# The slow checks: unit tests under the sanitizers, a clang build without warnings, and every fuzz
# target over its seeds and some thousand mutations of them.
set -eu
cd "$(dirname "$0")/.."
tools/install_packages.sh all
cmake --preset asan
cmake --build --preset asan
ctest --preset asan
cmake --preset fuzz
cmake --build --preset fuzz
ctest --preset fuzz
