#!/usr/bin/env python3
"""What `tcpdx serve` costs while it watches a host that is busy.

    bench/serve_cost.py BUILD_DIRECTORY [--rate 1000] [--seconds 600] [--rest 30] [--every 10]
                        [--both-ends] [--log FILE]    (as root: it makes network namespaces)

In a network namespace of its own, with a history in memory: some seconds of rest, then connections
at an even rate: from another host (a second namespace, at the other end of a veth), as at a server,
or over loopback, where each is seen from both ends. The server closes first. To each of its two
addresses a client has 32,000 ports of its own choice, so 60,000 TIME-WAITs stand there; over loopback
28,000 do, and the others end when their port comes again. Resident memory, where it is, and CPU time are
read every few seconds; CPU is the time of the process, since the machine may have other work. The
first minute is left out: until then TIME-WAITs pile up. Growth is that of the resident memory over
the last half.
"""

import argparse
import contextlib
import itertools
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = "/dev/shm"
THIS = str(pathlib.Path(__file__).resolve())
UNTIL_FULL = 70  # seconds: a TIME-WAIT lasts one minute
SERVERS = ("10.9.0.1", "10.9.0.3")
CLIENT = "10.9.0.2"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(pid):
    """What the kernel counts as resident, and of that what is the process's own."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    fields = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return fields["Rss:"], fields["Anonymous:"]


def sample(pid, seconds, every, log, what):
    """[(seconds since the beginning, RSS kB, anonymous kB, CPU seconds)]"""
    begun = time.monotonic()
    rows = []
    while True:
        at = time.monotonic() - begun
        rows.append((at, *memory_kb(pid), cpu_seconds(pid)))
        print(f"{what}\t{at:.0f}\t{rows[-1][1]}\t{rows[-1][2]}\t{rows[-1][3]:.2f}", file=log,
              flush=True)
        if at >= seconds:
            return rows
        time.sleep(min(every, seconds - at))


def cpu_share(rows):
    return 100 * (rows[-1][3] - rows[0][3]) / (rows[-1][0] - rows[0][0])


def growth_kb_per_hour(rows):
    """The median of the slopes between any two samples: a listing that is taken right then shows
    as a peak of some megabytes, which says nothing about growth."""
    return 3600 * statistics.median((b[1] - a[1]) / (b[0] - a[0])
                                    for a, b in itertools.combinations(rows, 2))


def megabytes(kilobytes):
    return f"{kilobytes / 1024:.1f} MB"


def widen_ports():
    """A TIME-WAIT stands on the server's port until its source port comes again."""
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65000",
                                                                      encoding="ascii")


@contextlib.contextmanager
def load(options):
    """The process that connects, and prints how many times a second."""
    program = f"{options.build}/bench/short_connections"
    count, rate = str(options.rate * options.seconds), str(options.rate)
    if options.both_ends:
        widen_ports()
        with subprocess.Popen([program, count, rate], stdout=subprocess.PIPE, text=True) as both:
            yield both
        return
    server = subprocess.Popen([program, "serve", "80", count])
    client = subprocess.Popen(["unshare", "--net", sys.executable, THIS, options.build,
                               "--connect", count, rate], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    client.stdout.readline()  # it is in its namespace
    for command in (f"ip link add outside type veth peer name inside netns {client.pid}",
                    *(f"ip address add {address}/24 dev outside" for address in SERVERS),
                    "ip link set outside up"):
        subprocess.run(command.split(), check=True)
    client.stdin.write("\n")
    client.stdin.flush()
    yield client
    server.wait(timeout=60)


def connect_from_here(options):
    print("here", flush=True)
    sys.stdin.readline()
    for command in (f"ip address add {CLIENT}/24 dev inside", "ip link set inside up"):
        subprocess.run(command.split(), check=True)
    widen_ports()
    share = [str(int(number) // len(SERVERS)) for number in options.connect]
    clients = [subprocess.Popen([f"{options.build}/bench/short_connections", "connect", address, "80",
                                 *share], stdout=subprocess.PIPE, text=True)
               for address in SERVERS]
    print(sum(float(client.communicate()[0]) for client in clients))
    sys.exit()


def measure(options):
    with tempfile.TemporaryDirectory(dir=HERE) as folder, \
            open(options.log or os.devnull, "w", encoding="ascii") as log:
        serve = subprocess.Popen([f"{options.build}/bin/tcpdx", "serve", "--listen", "127.0.0.1:0",
                                  "--history", f"{folder}/history.db", "--most", "100M"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        print(serve.stderr.readline(), end="", file=sys.stderr)
        time.sleep(5)
        rest = sample(serve.pid, options.rest, options.every, log, "rest")
        with load(options) as connections:
            rows = sample(serve.pid, options.seconds, options.every, log, "load")
            per_second = float(connections.communicate(timeout=120)[0])
        serve.send_signal(signal.SIGINT)
        said = serve.communicate(timeout=60)[1]
    print(said, end="", file=sys.stderr)
    full = [row for row in rows if row[0] >= min(UNTIL_FULL, options.seconds / 2)]
    half = [row for row in rows if row[0] >= options.seconds / 2]
    resident = [row[1] for row in full]
    print("| | at rest | under load |\n|---|---|---|")
    print(f"| connections/s | 0 | {per_second:.0f} |")
    print(f"| resident | {megabytes(rest[-1][1])} | {megabytes(statistics.median(resident))}, "
          f"at most {megabytes(max(resident))} |")
    print(f"| of that its own | {megabytes(rest[-1][2])} | {megabytes(full[-1][2])} |")
    print(f"| CPU, of one core | {cpu_share(rest):.2f} % | {cpu_share(full):.2f} % |")
    if options.seconds >= 600:
        print(f"| growth over the last half | | {growth_kb_per_hour(half):+.0f} kB/h |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    for name, value in (("rate", 1000), ("seconds", 600), ("rest", 30), ("every", 10)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--both-ends", action="store_true")
    parser.add_argument("--log")
    parser.add_argument("--connect", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.connect:
        connect_from_here(options)
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        measure(options)
        return
    # Ctrl-C has to reach tcpdx, also where it is ignored by our caller.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    options.build = str(pathlib.Path(options.build).resolve())
    sys.exit(subprocess.run(["unshare", "--net", sys.executable, THIS, options.build,
                             *sys.argv[2:], "--inside"], check=False).returncode)


if __name__ == "__main__":
    main()
