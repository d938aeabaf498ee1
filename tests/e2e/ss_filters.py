#!/usr/bin/env python3
"""Compares `tcpdx list FILTER` with `ss FILTER`, for generated filters over the same sockets.

    tests/e2e/ss_filters.py PATH_OF_TCPDX [HOW_MANY [SEED]]

Only filters that mean the same to both by docs/filters.md are made: every part stands in
parentheses, and remote ports are asked of sockets that have one. Needs root, for a namespace of
its own.
"""

import csv
import errno
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenarios"))
import lab  # noqa: E402

PORTS = ["22", ":22", "80", ":443", "8080", "ssh", ":https", "8443", ":40001", "1001", "65535", "0"]
HOSTS = ["127.0.0.1", "127.0.0.0/8", "127/8", "10.8.0.1", "10.8.0.0/24", "10.8/16", "10.8.1.7",
         "10.8.0.1:443", "10.8.0.0/24:80", "127.0.0.1:8080", "10.8.0.1:http", "[::1]", "[::1]:22",
         "[fd00::1]", "[fd00::/16]", "[fd00::1]:8443", "*", "*:443", ":22"]
ORDERS = ["=", "==", "!=", "eq", "ne", "neq", "<", ">", "<=", ">=", "lt", "gt", "le", "leq", "ge",
          "geq"]
STATES = ["established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait", "closed",
          "close-wait", "last-ack", "listening", "closing", "all", "connected", "synchronized",
          "bucket", "big"]


class Scenery:
    """Sockets of both families and a few states that do not change for a minute."""

    def __init__(self):
        lab.run("ip", "address", "add", "10.8.0.1/24", "dev", "lo")
        lab.run("ip", "address", "add", "10.8.1.7/32", "dev", "lo")
        lab.run("ip", "-6", "address", "add", "fd00::1/64", "dev", "lo", "nodad")
        self.kept = []
        for _ in range(3):
            self.connect("127.0.0.1", 8080)
            self.connect("10.8.0.1", 443, source="10.8.1.7")
            self.connect("10.8.0.1", 80)
            self.connect("::1", 22)
            self.connect("127.0.0.1", 22)  # an IPv4-mapped address at the dual-stack listener
            self.connect("fd00::1", 8443)
        for target in (("127.0.0.1", 8080), ("10.8.0.1", 443), ("::1", 22), ("10.8.0.1", 80)):
            client, accepted = self.connect(*target)
            client.close()  # FIN-WAIT-2 and CLOSE-WAIT
            client, accepted = self.connect(*target)
            client.close()
            time.sleep(0.05)
            accepted.close()  # TIME-WAIT
            self.kept.remove(accepted)

    LISTENERS = {}

    def listener(self, port):
        if port not in self.LISTENERS:
            address, family = {8080: ("127.0.0.1", socket.AF_INET),
                               443: ("10.8.0.1", socket.AF_INET),
                               80: ("0.0.0.0", socket.AF_INET),
                               22: ("::", socket.AF_INET6),
                               8443: ("fd00::1", socket.AF_INET6)}[port]
            self.LISTENERS[port] = lab.listener(port, address=address, family=family)
        return self.LISTENERS[port]

    def connect(self, address, port, source=None):
        server = self.listener(port)
        client = None
        for attempt in range(250):
            try:
                client = socket.create_connection((address, port),
                                                  source_address=source and (source, 0))
                break
            except OSError as error:
                # The kernel adds the route to a new IPv6 address a moment after the address.
                if error.errno != errno.ENETUNREACH or attempt == 249:
                    raise
                time.sleep(0.02)
        accepted, _ = server.accept()
        self.kept += [client, accepted]
        return client, accepted


class Writer:
    """Makes filters."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one_of(self, *choices):
        return self.random.choice(choices)

    def condition(self):
        kind = self.random.random()
        if kind < 0.45:
            order = self.random.choice(ORDERS)
            return f"{self.one_of('sport', 'dport')} {order} {self.random.choice(PORTS)}"
        equal = self.one_of("", "= ", "== ", "eq ")
        return f"{self.one_of('src', 'dst')} {equal}{self.random.choice(HOSTS)}"

    def part(self, depth):
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            return f"( {self.condition()} )"
        if kind < 0.5:
            return f"( {self.one_of('not', '!')} {self.part(depth - 1)} )"
        word = self.one_of("and", "&", "&&", "or", "|", "||", "")
        return f"( {self.part(depth - 1)} {word} {self.part(depth - 1)} )"

    def filter(self):
        # Listeners are left out where remote ports may be asked for: see docs/filters.md.
        if self.random.random() < 0.2:
            states = self.random.choice(STATES)
            return f"exclude {states}" if states != "all" and self.random.random() < 0.5 else \
                f"state {states}"
        states = [state for state in STATES if state not in ("listening", "all", "big", "closed")]
        chosen = self.random.sample(states, self.random.randint(1, 2))
        start = self.one_of("exclude listening", " ".join(f"state {state}" for state in chosen))
        if self.random.random() < 0.1:
            # ss 6.1 shows nothing for `not autobound`, whatever the ports.
            return f"{start} ( autobound ) and {self.part(2)}"
        return f"{start} {self.part(3)}"


def shown_by_ss(text):
    done = subprocess.run(["ss", "-Htan", *text.split()], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"FAILED: ss does not understand {text!r}: {done.stderr}")
    # The first column, the state, is left out when all are in one.
    rows = [line.split() for line in done.stdout.splitlines()]
    return sorted(tuple(row[2:4] if row[0].isdigit() else row[3:5]) for row in rows)


def shown_by_tcpdx(tcpdx, text):
    done = subprocess.run([tcpdx, "list", "--csv", "-o", "local,remote",
                           *text.split()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"FAILED: tcpdx does not understand {text!r}: {done.stderr}")
    _, *rows = csv.reader(done.stdout.splitlines())
    return sorted((as_ss(row[0], row[1]), as_ss(row[2], row[3])) for row in rows)


def as_ss(address, port):
    """As ss writes an end: its listeners of any address are '*' where they take both families."""
    address = {"": "*", "::": "*"}.get(address, address)
    return f"{f'[{address}]' if ':' in address else address}:{port or '*'}"


def same(ss_rows, tcpdx_rows):
    # The remote end of a listener is empty in CSV, and all zeros in ss.
    def bare(row):
        return (row[0], "*:*" if row[1].endswith(":*") else row[1])
    return sorted(map(bare, ss_rows)) == sorted(map(bare, tcpdx_rows))


def main():
    tcpdx = sys.argv[1]
    how_many = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    if shutil.which("ss") is None:
        lab.skip("needs ss")
    lab.leave_the_host()
    scenery = Scenery()
    writer = Writer(seed)
    hits = 0
    for _ in range(how_many):
        text = writer.filter()
        expected = shown_by_ss(text)
        found = shown_by_tcpdx(tcpdx, text)
        if not same(expected, found):
            print("only ss:   ", sorted(set(expected) - set(found)))
            print("only tcpdx:", sorted(set(found) - set(expected)))
            sys.exit(f"FAILED: {text}")
        hits += bool(expected)
    if hits * 3 < how_many or not scenery.kept:
        sys.exit(f"FAILED: only {hits} of {how_many} filters show anything")
    print(f"{how_many} filters show the same, {hits} of them something")


main()
