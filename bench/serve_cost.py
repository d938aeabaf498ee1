#!/usr/bin/env python3
"""What `tcpdx serve` costs while it watches a host that is busy.

    bench/serve_cost.py BUILD_DIRECTORY [--rate 1000] [--seconds 600] [--rest 30] [--every 10]
                        [--both-ends | --clients] [--log FILE]
                        (as root: it makes network namespaces)

In a network namespace of its own, with a history in memory: some seconds of rest, then connections
at an even rate. They come from another host (a second namespace, at the other end of a veth), as at
a server, which closes first. To each of its two addresses a client has 32,000 ports of its own
choice, so 60,000 TIME-WAITs stand there. With --clients it is the clients' host that is watched, and
they close first, as at a proxy: 60,000 again. With --both-ends all is over loopback, where each is
seen from both ends: 28,000 stand, the others end when their port comes again.

Resident memory, where it is, and CPU time are read every few seconds; CPU is the time of the process,
since the machine may have other work. The first minute is left out: until then TIME-WAITs pile up.
"At any time" is the most that the kernel itself saw (VmHWM). Growth is that of the resident memory
over the last half.
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


def peak_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


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


@contextlib.contextmanager
def another_host():
    """What runs a command there, in its own network namespace, at the other end of a veth."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo here; exec cat"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        holder.stdout.readline()
        subprocess.run(f"ip link add veth-here type veth peer name veth-there netns {holder.pid}".split(),
                       check=True)
        yield ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        holder.stdin.close()


def give_addresses(inside, device, addresses):
    for address in addresses:
        subprocess.run([*inside, "ip", "address", "add", f"{address}/24", "dev", device], check=True)
    subprocess.run([*inside, "ip", "link", "set", device, "up"], check=True)


def widen_ports(inside):
    """A TIME-WAIT stands on the server's port until its source port comes again."""
    subprocess.run([*inside, "sh", "-c", "echo 1024 65000 >/proc/sys/net/ipv4/ip_local_port_range"],
                   check=True)


@contextlib.contextmanager
def load(options):
    """The processes that connect; each prints how many times a second."""
    program = f"{options.build}/bench/short_connections"
    count = options.rate * options.seconds

    def start(*words):
        return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)

    if options.both_ends:
        widen_ports([])
        with start(program, count, options.rate) as both:
            yield [both]
        return
    with another_host() as there:
        at_servers, at_clients = (there, []) if options.clients else ([], there)
        serve, first = ("serve-last", "connect-first") if options.clients else ("serve", "connect")
        give_addresses(at_servers, "veth-there" if at_servers else "veth-here", SERVERS)
        give_addresses(at_clients, "veth-there" if at_clients else "veth-here", [CLIENT])
        widen_ports(at_clients)
        with start(*at_servers, program, serve, 80, count) as servers:
            servers.stdout.readline()  # it listens
            yield [start(*at_clients, program, first, address, 80, count // len(SERVERS),
                         options.rate // len(SERVERS)) for address in SERVERS]


def measure(options):
    with tempfile.TemporaryDirectory(dir=HERE) as folder, \
            open(options.log or os.devnull, "w", encoding="ascii") as log:
        serve = subprocess.Popen([f"{options.build}/bin/tcpdx", "serve", "--listen", "127.0.0.1:0",
                                  "--history", f"{folder}/history.db", "--most", "100M"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        print(serve.stderr.readline(), end="", file=sys.stderr)
        time.sleep(5)
        rest = sample(serve.pid, options.rest, options.every, log, "rest")
        with load(options) as clients:
            rows = sample(serve.pid, options.seconds, options.every, log, "load")
            per_second = sum(float(client.communicate(timeout=120)[0]) for client in clients)
        peak = peak_kb(serve.pid)
        serve.send_signal(signal.SIGINT)
        said = serve.communicate(timeout=60)[1]
    print(said, end="", file=sys.stderr)
    full = [row for row in rows if row[0] >= min(UNTIL_FULL, options.seconds / 2)]
    half = [row for row in rows if row[0] >= options.seconds / 2]
    resident = [row[1] for row in full]
    print("| | at rest | under load |\n|---|---|---|")
    print(f"| connections/s | 0 | {per_second:.0f} |")
    print(f"| resident | {megabytes(rest[-1][1])} | {megabytes(statistics.median(resident))}, "
          f"at most {megabytes(max(resident))}, at any time {megabytes(peak)} |")
    print(f"| of that its own | {megabytes(rest[-1][2])} | {megabytes(full[-1][2])} |")
    print(f"| CPU, of one core | {cpu_share(rest):.2f} % | {cpu_share(full):.2f} % |")
    if options.seconds >= 600:
        print(f"| growth over the last half | | {growth_kb_per_hour(half):+.0f} kB/h |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    for name, value in (("rate", 1000), ("seconds", 600), ("rest", 30), ("every", 10)):
        parser.add_argument(f"--{name}", type=int, default=value)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--both-ends", action="store_true")
    where.add_argument("--clients", action="store_true")
    parser.add_argument("--log")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
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
