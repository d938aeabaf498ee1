#!/bin/sh
# Installs the Debian packages that building and testing tcpdx needs, and says so first. Does
# nothing, quickly, when they are all there.
set -eu

build="g++ cmake ninja-build make pkg-config clang bpftool libbpf-dev libmnl-dev libcap-ng-dev
    libpcap-dev zlib1g-dev libzstd-dev libfmt-dev libexpected-dev libcli11-dev nlohmann-json3-dev libssl-dev libsqlite3-dev
    libcpp-httplib-dev libtomlplusplus-dev gettext python3"
test="libgtest-dev libgmock-dev iproute2 net-tools procps util-linux libcap2-bin nftables curl iperf3 wrk"
lint="clang-format clang-tidy libclang-rt-14-dev"
bench="libbenchmark-dev lsof"

case "${1:-}" in
    build) wanted="$build" ;;
    test) wanted="$build $test" ;;
    all) wanted="$build $test $lint $bench" ;;
    *)
        echo "usage: tools/install_packages.sh build|test|all" >&2
        exit 64
        ;;
esac

# The page of `tcpdx serve` is built with npm, which may have come from elsewhere than Debian. Debian's brings some
# hundred packages; TCPDX_WEB=OFF does without, and the page is left out.
[ "${TCPDX_WEB:-}" = OFF ] || command -v npm >/dev/null || wanted="$wanted npm"

missing=""
for package in $wanted; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are missing, and installing them needs root:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing the Debian packages$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
