#!/bin/sh
# Builds a Debian package in build/package. Any argument is handed to CMake.
set -eu
cd "$(dirname "$0")/.."
cmake -S . -B build/package -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTCPDX_TESTS=OFF -DTCPDX_PACKAGE=ON \
    -DCMAKE_INSTALL_PREFIX=/usr "$@" >/dev/null
cmake --build build/package
(cd build/package && cpack)
ls build/package/*.deb
