#!/usr/bin/env python3
"""The endpoint against the kernel's TCP, over a TUN device in a namespace of its own.

tun_interop_test.py TUN_SERVER [MEGABYTES]: downloads and uploads through IPv4 and IPv6, without and
with loss, byte-identical; then many short connections, and iperf3. Needs root.

tun_interop_test.py TUN_SERVER|IPERF_OVER_TUN iperf [SECONDS]: only iperf3, beside the kernel's own TCP as its
server on the other end of a veth pair, which joins segments where the program does.
"""

import ctypes
import functools
import http.client
import json
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


@functools.cache
def random_bytes(size):
    """And their hash, which takes a second for 10 MB."""
    content = os.urandom(size)
    return content, fnv1a(content)


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
    return run(*inside("curl", "-sS", "--fail", "--max-time", "600", *arguments),
               stdout=subprocess.PIPE).stdout


def transfer(family, megabytes, scratch):
    size = megabytes * 1000 * 1000
    started = time.monotonic()
    target = scratch / "download"
    curl("-o", str(target), f"http://{ADDRESSES[family]}/{size}")
    assert target.read_bytes() == pattern(size), f"{family}: the download differs"
    down = time.monotonic() - started
    upload = scratch / "upload"
    content, digest = random_bytes(size)
    upload.write_bytes(content)
    started = time.monotonic()
    answer = curl("-T", str(upload), f"http://{ADDRESSES[family]}/")
    assert answer.split() == [str(size).encode(), str(digest).encode()], \
        f"{family}: the upload differs"
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


def iperf_client(*arguments):
    done = run(*inside("timeout", "60", "iperf3", "-J", "-c", *arguments), stdout=subprocess.PIPE, text=True)
    document = json.loads(done.stdout)
    assert "error" not in document, document["error"]
    return document["end"]


def iperf_rate(seconds, address, *arguments):
    """Mbit/s that arrived, checked against what both ends say of each stream."""
    end = iperf_client(address, "-t", str(seconds), *arguments)
    wanted = int(arguments[arguments.index("-P") + 1]) if "-P" in arguments else 1
    assert len(end["streams"]) == wanted * (2 if "--bidir" in arguments else 1), end["streams"]
    for stream in end["streams"]:
        sent, received = stream["sender"]["bytes"], stream["receiver"]["bytes"]
        # What is still in a buffer when the time is over has been sent, and has not arrived.
        assert 0 < received <= sent, stream
    # Of both directions where there are two: sum_received_bidir_reverse.
    return sum(total["bits_per_second"] for name, total in end.items() if name.startswith("sum_received")) / 1e6


IPERF_WAYS = {
    "up": [],
    "down": ["-R"],
    "up, 2 streams": ["-P", "2"],
    "down, 2 streams": ["-R", "-P", "2"],
    "both at once": ["--bidir"],
}


def iperf(seconds):
    if not shutil.which("iperf3"):
        print("  iperf3 is not installed")
        return
    for family, address in ADDRESSES.items():
        rates = [f"{way} {iperf_rate(seconds, address.strip('[]'), *arguments):.0f}"
                 for way, arguments in IPERF_WAYS.items()]
        print(f"  iperf3, {family}, Mbit/s: " + "; ".join(rates))
    end = iperf_client("10.77.0.2", "-n", "20M")
    assert end["sum_sent"]["bytes"] >= 20 << 20, end["sum_sent"]
    refused = subprocess.run(inside("iperf3", "-c", "10.77.0.2", "-u", "-t", "1"), capture_output=True, text=True,
                             check=False, timeout=30)
    assert refused.returncode != 0 and "not implemented" in refused.stderr, refused.stderr
    # And it is there for the next one. What was under way when the omitted second ended counts at one end only.
    assert iperf_client("10.77.0.2", "-t", "1", "-O", "1")["sum_received"]["bytes"] > 0


def iperf_beside_the_kernel(program, seconds):
    """The same client, the endpoint and the kernel as its server by turns, an MTU of 1500 for both."""
    rates = {}
    joins = "on" if "iperf_over_tun" in program else "off"
    server = Server(program, 0, "linux")
    peer = f"{NAMESPACE}-peer"
    run("ip", "netns", "add", peer)
    kernel = None
    try:
        run(*inside("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "eth0", "netns", peer))
        there = ["ip", "netns", "exec", peer]
        for where, device, number in ((inside(), "veth0", 1), (there, "eth0", 2)):
            run(*where, "ip", "link", "set", device, "up")
            run(*where, "ip", "addr", "add", f"10.78.0.{number}/24", "dev", device)
            run(*where, "ip", "-6", "addr", "add", f"fd78::{number}/64", "dev", device, "nodad")
            run(*where, "ethtool", "-K", device, "tso", joins, "gso", joins, "gro", joins,
                stdout=subprocess.DEVNULL)
        kernel = subprocess.Popen([*there, "iperf3", "-s"], stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        for way, arguments in IPERF_WAYS.items():
            for family, (ours, theirs) in {"IPv4": ("10.77.0.2", "10.78.0.2"), "IPv6": ("fd77::2", "fd78::2")}.items():
                for _ in range(2):
                    for who, address in (("endpoint", ours), ("kernel", theirs)):
                        rates.setdefault((way, family, who), []).append(iperf_rate(seconds, address, *arguments))
                endpoint, other = (max(rates[way, family, who]) for who in ("endpoint", "kernel"))
                print(f"  {way}, {family}: endpoint {endpoint:.0f} Mbit/s, kernel {other:.0f}, "
                      f"ratio {endpoint / other:.2f}")
    finally:
        if kernel is not None:
            kernel.terminate()
            kernel.wait()
        run("ip", "netns", "delete", peer)
        server.stop()


def main(program, megabytes):
    if os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
        print("needs root and /dev/net/tun")
        return SKIPPED
    run("ip", "netns", "add", NAMESPACE)
    server = None
    try:
        run(*inside("ip", "link", "set", "lo", "up"))
        if sys.argv[2:3] == ["iperf"]:
            iperf_beside_the_kernel(program, int(sys.argv[3]) if len(sys.argv) > 3 else 2)
            return 0
        with tempfile.TemporaryDirectory() as scratch:
            for profile, loss, size in (("rfc", 0, megabytes), ("linux", 0, megabytes),
                                        ("rfc", 0.01, max(megabytes // 20, 1)),
                                        ("linux", 0.03, max(megabytes // 20, 1))):
                server = Server(program, loss, profile)
                print(f"profile {profile}, {loss:.0%} lost:")
                for family in ADDRESSES:
                    transfer(family, size, pathlib.Path(scratch))
                server.stop()
        for profile in ("rfc", "linux"):
            server = Server(program, 0, profile)
            print(f"profile {profile}:")
            iperf(1)
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
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:3] not in ([], ["iperf"]) else 100))
