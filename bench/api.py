#!/usr/bin/env python3
"""What the API of `tcpdx serve` costs on a host with many connections.

    bench/api.py BUILD_DIRECTORY [--sockets 100000] [--rounds 3]   (as root: it makes a namespace)

In a network namespace of its own with so many sockets in ESTABLISHED (both ends are there). Each
question is asked several times; the median counts. Beside it `tcpdx list --jsonl` of the same
sockets in the same run. Memory is resident memory of tcpdx: at rest, at most while it was asked,
and once nobody asks any more.
"""

import argparse
import http.client
import json
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

PAGE = 1000  # the most that one answer holds
FORGOTTEN_AFTER = 35  # seconds: listings are kept for 30


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


class Highest(threading.Thread):
    """The most resident memory, looked at all the time."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.done = pid, 0.0, False

    def run(self):
        while not self.done:
            self.most = max(self.most, resident_mb(self.pid))
            time.sleep(0.005)


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, query):
        """(seconds to the first byte, seconds to the last, answer)"""
        begun = time.monotonic()
        self.connection.request("GET", "/api/v1/connections?" + query)
        response = self.connection.getresponse()
        first = time.monotonic() - begun
        body = response.read()
        last = time.monotonic() - begun
        if response.status != 200:
            sys.exit(f"{query}: {response.status} {body[:200]}")
        return first, last, body


def median(rounds, measure):
    return [statistics.median(values) for values in zip(*(measure() for _ in range(rounds)))]


def page_through(client, query):
    """Every row, a page at a time: (seconds to the first byte, seconds in all, rows)"""
    begun = time.monotonic()
    first, _, body = client.ask(f"{query}&limit={PAGE}")
    answer = json.loads(body)
    rows, total, snapshot = len(answer["connections"]), answer["total"], answer["snapshot"]
    while rows < total:
        _, _, body = client.ask(f"{query}&snapshot={snapshot}&offset={rows}&limit={PAGE}")
        rows += body.count(b'{"id":')
    return first, time.monotonic() - begun, rows


def list_by_command(build):
    begun = time.monotonic()
    listed = subprocess.run([f"{build}/bin/tcpdx", "list", "--jsonl"], check=True,
                            stdout=subprocess.PIPE).stdout
    return time.monotonic() - begun, listed.count(b"\n")


def measure(options):
    sockets = subprocess.Popen([f"{options.build}/bench/hold_sockets", "established",
                                str(options.sockets)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    sockets.stdout.readline()
    serve = subprocess.Popen([f"{options.build}/bin/tcpdx", "serve", "--listen", "127.0.0.1:0",
                              "--no-history"], stderr=subprocess.PIPE, text=True)
    port = None
    while port is None:
        line = serve.stderr.readline()
        if not line:
            sys.exit("tcpdx did not start")
        port = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    client = Client(int(port[1]))
    time.sleep(15)  # until the first two looks are done
    rest = resident_mb(serve.pid)
    highest = Highest(serve.pid)
    highest.start()

    print("| question | first byte | whole answer | rows/s |\n|---|---|---|---|")
    for name, query in (("100 rows", "limit=100"),
                        ("100 rows, filtered by port", "limit=100&filter=port%3D10000"),
                        ("100 rows, sorted by age", "limit=100&sort=-age"),
                        ("counts by state", "by=state"),
                        ("counts by process", "by=process")):
        first, last = median(options.rounds, lambda query=query: client.ask(query)[:2])
        print(f"| {name} | {first * 1000:.0f} ms | {last * 1000:.0f} ms | "
              f"{options.sockets / last:.0f} looked at |")
    first, last, rows = median(options.rounds, lambda: page_through(client, "columns=state,local,remote"))
    print(f"| all {rows:.0f} rows, three columns, {PAGE} at a time | {first * 1000:.0f} ms | "
          f"{last * 1000:.0f} ms | {rows / last:.0f} |")
    first, last, rows = median(options.rounds, lambda: page_through(client, ""))
    print(f"| all {rows:.0f} rows, every field, {PAGE} at a time | {first * 1000:.0f} ms | "
          f"{last * 1000:.0f} ms | {rows / last:.0f} |")
    last, rows = median(options.rounds, lambda: list_by_command(options.build))
    print(f"| `tcpdx list --jsonl` | | {last * 1000:.0f} ms | {rows / last:.0f} |")

    highest.done = True
    time.sleep(FORGOTTEN_AFTER)
    print(f"\nResident: {rest:.0f} MB at rest, {highest.most:.0f} MB at most while asked, "
          f"{resident_mb(serve.pid):.0f} MB half a minute later.")
    serve.send_signal(signal.SIGINT)
    serve.wait(60)
    sockets.stdin.close()
    sockets.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--sockets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65000",
                                                                          encoding="ascii")
        measure(options)
        return
    # Ctrl-C has to reach tcpdx, also where it is ignored by our caller.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    options.build = str(pathlib.Path(options.build).resolve())
    sys.exit(subprocess.run(["unshare", "--net", sys.executable, __file__, options.build,
                             *sys.argv[2:], "--inside"], check=False).returncode)


if __name__ == "__main__":
    main()
