#!/bin/sh
# Builds a Debian package in build/package. Any argument is handed to CMake. Who answers for it is taken from
# DEBFULLNAME and DEBEMAIL, as by other tools of Debian.
set -eu
cd "$(dirname "$0")/.."
cmake -S . -B build/package -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTCPDX_TESTS=OFF -DTCPDX_PACKAGE=ON \
    -DCMAKE_INSTALL_PREFIX=/usr ${DEBEMAIL:+"-DTCPDX_MAINTAINER=${DEBFULLNAME:-tcpdx maintainers} <$DEBEMAIL>"} "$@" >/dev/null
cmake --build build/package
(cd build/package && cpack)
ls build/package/*.deb
