#!/bin/sh
# clang-format, clang-tidy (slow), layers and translations. Changes nothing.
set -eu
cd "$(dirname "$0")/.."
git ls-files '*.h' '*.cpp' | xargs clang-format --dry-run --Werror
tools/check_layers.py
tools/translations.py complete
cmake --preset dev >/dev/null
cmake --build --preset dev
git ls-files 'src/*.cpp' | grep -v -e _test.cpp | xargs -P 2 -n 8 clang-tidy --quiet -p build/dev
