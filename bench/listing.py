#!/usr/bin/env python3
"""Times listing against ss, netstat, lsof and a bare sock_diag dump, in one run.

    bench/listing.py BUILD_DIRECTORY [COUNT ...]      (as root: it makes network namespaces)

Each table is one population of sockets in a network namespace of its own. Only ratios count: a
machine's speed drifts, so the commands take turns, and the median over the rounds is shown. Those
that take long get fewer rounds.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROUNDS = 5
SLOW_SECONDS = 5  # one round is enough to know


def commands(build, with_owners):
    tcpdx = f"{build}/bin/tcpdx"
    bare = f"{build}/bench/bare_dump"
    if with_owners:
        return {
            "bare dump": [bare],
            "bare dump with tcp_info": [bare, "info"],
            "tcpdx list": [tcpdx, "list"],
            "tcpdx list --jsonl": [tcpdx, "list", "--jsonl"],
            "tcpdx netstat -antp": [tcpdx, "netstat", "-antp"],
            "ss -tanp": ["ss", "-tanp"],
            "netstat -antp": ["netstat", "-antp"],
            "lsof -nPi": ["lsof", "-nPi"],
        }
    return {
        "bare dump": [bare],
        "bare dump with tcp_info": [bare, "info"],
        "tcpdx list -o state,recv-q,send-q,local,remote":
            [tcpdx, "list", "-o", "state,recv-q,send-q,local,remote"],
        "tcpdx netstat -ant": [tcpdx, "netstat", "-ant"],
        "tcpdx (diagnose)": [tcpdx],
        "ss -tan": ["ss", "-tan"],
        "netstat -ant": ["netstat", "-ant"],
    }


def run(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        subprocess.run(command, stdout=nowhere, stderr=nowhere, check=False)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(wanted):
    walls = {name: [] for name in wanted}
    cpus = {name: [] for name in wanted}
    for _ in range(ROUNDS):
        for name, command in wanted.items():
            if walls[name] and walls[name][0] > SLOW_SECONDS:
                continue
            wall, cpu = run(command)
            walls[name].append(wall)
            cpus[name].append(cpu)
    return ({name: statistics.median(times) for name, times in walls.items()},
            {name: statistics.median(times) for name, times in cpus.items()})


def table(title, wanted):
    walls, cpus = measure(wanted)
    floor = walls["bare dump with tcp_info"]
    print(f"\n### {title}\n")
    print("| command | wall s | CPU s | ratio to the bare dump with tcp_info |")
    print("|---|---|---|---|")
    for name in wanted:
        print(f"| `{name}` | {walls[name]:.3f} | {cpus[name]:.3f} | {walls[name] / floor:.2f} |")
    sys.stdout.flush()


def in_namespace(build, kind, count):
    """Runs in a fresh network namespace: makes the sockets, measures, and ends them."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for option, value in (("ip_local_port_range", "1024 65000"), ("tcp_max_tw_buckets", "1000000")):
        pathlib.Path(f"/proc/sys/net/ipv4/{option}").write_text(value, encoding="ascii")
    with subprocess.Popen([f"{build}/bench/hold_sockets", kind, str(count)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:
        if holder.stdout.readline().strip() != "ready":
            sys.exit("the sockets could not be made")
        table(f"{count} {kind} sockets", commands(build, False))
        if kind == "established":
            table(f"{count} {kind} sockets, with owners", commands(build, True))
        holder.stdin.close()


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "--inside":
        in_namespace(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = str(pathlib.Path(sys.argv[1]).resolve())
    for count in sys.argv[2:] or ["1000", "30000", "300000"]:
        for kind in ("established", "time-wait"):
            subprocess.run(["unshare", "--net", sys.executable, __file__, "--inside", build, kind,
                            count], check=True)


if __name__ == "__main__":
    main()
