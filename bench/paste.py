#!/usr/bin/env python3
"""Times reading a long pasted listing beside `grep -c` and `wc -l` of the same file, in one run.

    bench/paste.py TCPDX [LINES]

Only ratios count: a machine's speed drifts, so the commands take turns, and the median of the rounds
is shown. Needs no privilege.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
STATES = ["ESTABLISHED"] * 6 + ["TIME_WAIT"] * 3 + ["CLOSE_WAIT"]


def write_netstat(path, lines):
    with open(path, "w", encoding="ascii") as file:
        file.write("# netstat -antp\n"
                   "Active Internet connections (servers and established)\n"
                   "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "
                   "PID/Program name\n"
                   "tcp        0      0 0.0.0.0:443             0.0.0.0:*               LISTEN      "
                   "4711/nginx\n")
        for i in range(lines - 4):
            state = STATES[i % len(STATES)]
            owner = "-" if state == "TIME_WAIT" else f"{4711 + i % 8}/nginx"
            local = "192.0.2.1:443"
            remote = f"{10 + i % 200}.{i // 200 % 250}.{i // 50_000 % 250}.9:{1024 + i % 60_000}"
            file.write(f"tcp   {i % 7 * 100:6} {0:6} {local:23} {remote:23} {state:11} {owner}\n")


def write_ss(path, lines):
    with open(path, "w", encoding="ascii") as file:
        file.write("# ss -tanpo\n"
                   "State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n")
        for i in range(lines - 2):
            remote = f"{10 + i % 200}.{i // 200 % 250}.{i // 50_000 % 250}.9:{1024 + i % 60_000}"
            file.write(f"ESTAB      0      0      192.0.2.1:443      {remote:23} "
                       f"users:((\"nginx\",pid={4711 + i % 8},fd={i % 5000 + 3})) "
                       f"timer:(keepalive,{i % 60}sec,0)\n")


def run(command):
    start = time.monotonic()
    # Not to /dev/null: grep notices that and stops at the first match.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        while child.stdout.read(1 << 20):
            pass
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
    return time.monotonic() - start, usage.ru_maxrss / 1024


def table(title, path, tcpdx):
    commands = {
        "grep -c ESTAB": ["grep", "-c", "ESTAB", path],
        "wc -l": ["wc", "-l", path],
        "tcpdx diagnose --from": [tcpdx, "diagnose", "--from", path],
        "tcpdx list --from --by state": [tcpdx, "list", "--from", path, "--by", "state"],
        "tcpdx list --from --jsonl": [tcpdx, "list", "--from", path, "--jsonl"],
    }
    times = {name: [] for name in commands}
    memory = {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            wall, megabytes = run(command)
            times[name].append(wall)
            memory[name] = megabytes
    floor = statistics.median(times["grep -c ESTAB"])
    print(f"\n### {title}\n")
    print("| command | wall s | ratio to grep -c | peak MiB |")
    print("|---|--:|--:|--:|")
    for name in commands:
        wall = statistics.median(times[name])
        print(f"| `{name}` | {wall:.3f} | {wall / floor:.1f} | {memory[name]:.0f} |")
    sys.stdout.flush()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tcpdx = str(pathlib.Path(sys.argv[1]).resolve())
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        for title, write in (("netstat -antp", write_netstat), ("ss -tanpo", write_ss)):
            path = os.path.join(folder, "paste.txt")
            write(path, lines)
            size = os.path.getsize(path) / 2**20
            table(f"{title}, {lines} lines, {size:.0f} MiB", path, tcpdx)


if __name__ == "__main__":
    main()
