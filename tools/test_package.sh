#!/bin/sh
# Installs, runs, removes and purges a package in a fresh Debian 12, made with debootstrap. Needs root and
# a mirror. usage: tools/test_package.sh FILE.deb [MIRROR]
set -eu
deb=$(realpath "$1")
mirror=${2:-http://deb.debian.org/debian}
root=$(mktemp -d)
cleanup() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT
fail() {
    echo "FAILED: $1" >&2
    exit 1
}
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

debootstrap --variant=minbase bookworm "$root" "$mirror" >/dev/null
# Whatever reaches the packages from here reaches them from there.
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
[ -d /etc/apt/apt.conf.d ] && cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
mount -t proc proc "$root/proc"
cp "$deb" "$root/tcpdx.deb"
inside apt-get update -qq
inside find / -xdev -not -path '/proc/*' -newermt '2000-01-01' -path '*tcpdx*' | grep -v '^/tcpdx.deb$' && fail "not fresh"
inside apt-get install -y -qq --no-install-recommends /tcpdx.deb >/dev/null || fail "it installs"

inside tcpdx --version >/dev/null || fail "it runs"
inside tcpdx list >/dev/null 2>&1 || fail "it lists"
inside tcpdx --lang ko explain CLOSE_WAIT | grep -q CLOSE-WAIT || fail "it explains"
inside getent passwd tcpdx >/dev/null || fail "there is a user of its own"
inside tcpdx config check | grep -q 'in order' || fail "its configuration is in order"
for file in /etc/tcpdx/tcpdx.conf /lib/systemd/system/tcpdx.service /usr/share/man/man1/tcpdx.1.gz \
    /usr/share/man/man1/tcpdx-serve.1.gz /usr/share/doc/tcpdx/changelog.gz \
    /usr/share/bash-completion/completions/tcpdx /usr/share/zsh/vendor-completions/_tcpdx; do
    [ -e "$root$file" ] || fail "$file is there"
done
inside dpkg-query -W -f '${Conffiles}' tcpdx | grep -q /etc/tcpdx/tcpdx.conf || fail "the configuration is a conffile"
inside tcpdx record --sample --for 3 2>/dev/null || fail "it records"
[ -e "$root/var/lib/tcpdx/history.db" ] || fail "there is a history"
inside tcpdx history --at 2s by state >/dev/null || fail "it looks back"

echo '# mine' >>"$root/etc/tcpdx/tcpdx.conf"
inside apt-get remove -y -qq tcpdx >/dev/null || fail "it can be removed"
[ -e "$root/usr/bin/tcpdx" ] && fail "the program is gone"
[ -e "$root/var/lib/tcpdx/history.db" ] || fail "the history is kept"
grep -q '# mine' "$root/etc/tcpdx/tcpdx.conf" || fail "the configuration is kept"
inside apt-get install -y -qq --no-install-recommends /tcpdx.deb >/dev/null || fail "it installs again"
grep -q '# mine' "$root/etc/tcpdx/tcpdx.conf" || fail "the configuration is still mine"
inside apt-get purge -y -qq tcpdx >/dev/null || fail "it can be purged"
left=$(inside find / -xdev -path '*tcpdx*' -not -path '/proc/*' -not -path '/tcpdx.deb' -not -path '/var/lib/apt/*' \
    -not -path '/var/cache/*' -not -path '/var/log/*')
[ -z "$left" ] || fail "nothing is left: $left"
inside getent passwd tcpdx >/dev/null && fail "the user is gone"
echo "installs, runs, is removed and purged"
