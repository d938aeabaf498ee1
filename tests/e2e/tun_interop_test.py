#!/usr/bin/env python3
"""The endpoint against the kernel's TCP, over a TUN device in a namespace of its own.

tun_interop_test.py TUN_SERVER [MEGABYTES]: downloads and uploads through IPv4 and IPv6, without and
with loss, byte-identical; then many short connections. Needs root.
"""

import ctypes
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
NAMESPACE = f"tcpdx-tun-{os.getpid()}"
DEVICE = "tcpdx0"
ADDRESSES = {"IPv4": "10.77.0.2", "IPv6": "[fd77::2]"}


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def inside(*command):
    return ["ip", "netns", "exec", NAMESPACE, *command]


BLOCK = bytes((i * 31 + (i >> 8)) & 0xFF for i in range(65536))


def pattern(size):
    return (BLOCK * (size // 65536 + 1))[:size]


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def enter(namespace):
    """os.setns() is there from Python 3.12 on."""
    clone_newnet = 0x40000000
    if ctypes.CDLL(None, use_errno=True).setns(namespace, clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), "entering the namespace")


class Server:
    def __init__(self, program, loss, profile):
        self.process = subprocess.Popen(inside(program, DEVICE, str(loss), profile),
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"listening\n"
        run(*inside("ip", "link", "set", DEVICE, "up"))
        run(*inside("ip", "addr", "add", "10.77.0.1/24", "dev", DEVICE))
        run(*inside("ip", "-6", "addr", "add", "fd77::1/64", "dev", DEVICE, "nodad"))

    def stop(self):
        self.process.kill()
        self.process.wait()


def curl(*arguments):
    return run(*inside("curl", "-sS", "--fail", "--max-time", "120", *arguments),
               stdout=subprocess.PIPE).stdout


def transfer(family, megabytes, scratch):
    size = megabytes * 1000 * 1000
    started = time.monotonic()
    target = scratch / "download"
    curl("-o", str(target), f"http://{ADDRESSES[family]}/{size}")
    assert target.read_bytes() == pattern(size), f"{family}: the download differs"
    down = time.monotonic() - started
    upload = scratch / "upload"
    # The hash is slow in Python, so it is taken of a part.
    part = os.urandom(min(size, 300_000))
    upload.write_bytes(part)
    answer = curl("-T", str(upload), f"http://{ADDRESSES[family]}/")
    assert answer.split() == [str(len(part)).encode(), str(fnv1a(part)).encode()], \
        f"{family}: the upload differs"
    started = time.monotonic()
    upload.write_bytes(bytes(size))
    answer = curl("-T", str(upload), f"http://{ADDRESSES[family]}/")
    assert answer.split()[0] == str(size).encode(), f"{family}: the upload is not whole"
    up = time.monotonic() - started
    print(f"  {family}: {size * 8 / down / 1e6:.0f} Mbit/s down, {size * 8 / up / 1e6:.0f} up")


def short_connections(count):
    """In this process, which has entered the namespace by then."""
    started = time.monotonic()
    for number in range(count):
        connection = http.client.HTTPConnection("10.77.0.2", 80, timeout=20)
        connection.request("GET", "/100", headers={"Connection": "close"})
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read() == pattern(100), f"connection {number}"
        connection.close()
    print(f"  {count} short connections, {count / (time.monotonic() - started):.0f} a second")


def many_requests():
    if not shutil.which("wrk"):
        return
    answer = run("wrk", "-t1", "-c50", "-d5", "http://10.77.0.2/100", capture_output=True, text=True)
    assert "Non-2xx" not in answer.stdout and "Socket errors" not in answer.stdout, answer.stdout
    print("  wrk, 50 connections: " + re.search(r"Requests/sec:\s*(\S+)", answer.stdout)[1] + " requests a second")


def main(program, megabytes):
    if os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
        print("needs root and /dev/net/tun")
        return SKIPPED
    run("ip", "netns", "add", NAMESPACE)
    server = None
    try:
        run(*inside("ip", "link", "set", "lo", "up"))
        with tempfile.TemporaryDirectory() as scratch:
            for profile, loss, size in (("rfc", 0, megabytes), ("linux", 0, megabytes),
                                        ("rfc", 0.01, max(megabytes // 20, 1)),
                                        ("linux", 0.03, max(megabytes // 20, 1))):
                server = Server(program, loss, profile)
                print(f"profile {profile}, {loss:.0%} lost:")
                for family in ADDRESSES:
                    transfer(family, size, pathlib.Path(scratch))
                server.stop()
        server = Server(program, 0, "rfc")
        with open(f"/var/run/netns/{NAMESPACE}") as namespace:
            enter(namespace.fileno())
        socket.setdefaulttimeout(20)
        short_connections(10_000)
        many_requests()
    finally:
        if server is not None:
            server.stop()
        run("ip", "netns", "delete", NAMESPACE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100))
