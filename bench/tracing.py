#!/usr/bin/env python3
"""What watching costs: short connections over loopback, untraced and under one tracer after another.

    bench/tracing.py BUILD_DIRECTORY [CONNECTIONS [ROUNDS]]      (as root: it makes a network namespace)

Only ratios count: a machine's speed drifts, so untraced and traced runs take turns, and each traced
run is compared with the untraced ones beside it. The median over the rounds is shown. All tracers
write their full text output to a file in memory.
"""

import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BPFTRACE = """
tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
  printf("%lld %d %s %s %d %s %d %d %d\\n", nsecs, pid, comm, ntop(args->saddr), args->sport,
         ntop(args->daddr), args->dport, args->oldstate, args->newstate);
}
"""
HERE = pathlib.Path("/dev/shm")


def tracers(build):
    """name -> (command, seconds until it watches)"""
    found = {"tcpdx trace": ([f"{build}/bin/tcpdx", "trace"], 1.0),
             "tcpdx trace --life": ([f"{build}/bin/tcpdx", "trace", "--life"], 1.0),
             "tcpdx trace --json": ([f"{build}/bin/tcpdx", "trace", "--json"], 1.0)}
    for name, program in (("tcpstates (libbpf-tools)", "tcpstates"),
                          ("tcpstates (bcc)", "tcpstates-bpfcc")):
        if path := shutil.which(program, path="/usr/sbin:/usr/bin:/usr/share/bcc/tools"):
            found[name] = ([path], 6.0 if "bcc" in name else 1.5)
    if path := shutil.which("bpftrace"):
        found["bpftrace printf"] = ([path, "-e", BPFTRACE], 3.0)
    return found


def connections_per_second(build, count):
    done = subprocess.run([f"{build}/bench/short_connections", str(count)], check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def count_lost(complaints):
    """What the tracer itself says it lost; None when it says nothing of it."""
    if "Nothing was lost" in complaints:
        return 0
    if own := re.search(r"Lost: (\d+) changes of state and (\d+) details", complaints):
        return int(own[1]) + int(own[2])
    lost = [int(number) for number in re.findall(r"[Ll]ost (\d+)", complaints)]
    return sum(lost) if lost else None


def traced(build, count, command, settle):
    """(connections/s, CPU seconds, events lost), or None when the tracer does not run here."""
    with tempfile.TemporaryFile(dir=HERE) as output, \
            tempfile.TemporaryFile(dir=HERE) as complaints:
        tracer = subprocess.Popen(command, stdout=output, stderr=complaints)
        time.sleep(settle)
        if tracer.poll() is not None:
            return None
        before = cpu_seconds(tracer.pid)
        speed = connections_per_second(build, count)
        time.sleep(0.5)
        cpu = cpu_seconds(tracer.pid) - before
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(20)
        except subprocess.TimeoutExpired:
            tracer.kill()
        complaints.seek(0)
        said = complaints.read().decode(errors="replace")
        output.seek(0)
        if output.read(1) == b"":
            return None
        return speed, cpu, count_lost(said)


def measure(build, count, rounds):
    wanted = tracers(build)
    speeds, cpus, losts = ({name: [] for name in wanted} for _ in range(3))
    untraced = []
    for _ in range(rounds):
        for name, (command, settle) in list(wanted.items()):
            before = connections_per_second(build, count)
            result = traced(build, count, command, settle)
            if result is None:
                print(f"`{name}` does not run here.", file=sys.stderr)
                del wanted[name]
                continue
            after = connections_per_second(build, count)
            untraced += [before, after]
            speeds[name].append(result[0] / ((before + after) / 2))
            cpus[name].append(result[1] * 1e6 / count)
            losts[name].append(result[2])
    print(f"Untraced: {statistics.median(untraced):.0f} connections/s "
          f"({min(untraced):.0f} to {max(untraced):.0f}); {count} connections, {rounds} rounds.\n")
    print("| tracer | connections/s, untraced = 1 | tracer's CPU us per connection | events lost |")
    print("|---|---|---|---|")
    for name in wanted:
        lost = [number for number in losts[name] if number is not None]
        shown = str(max(lost)) if lost else "does not say"
        print(f"| `{name}` | {statistics.median(speeds[name]):.2f} "
              f"({min(speeds[name]):.2f} to {max(speeds[name]):.2f}) "
              f"| {statistics.median(cpus[name]):.1f} | {shown} |")


def mount_tracepoints():
    """The other tracers look tracepoints up there; the mount is of our own namespace."""
    for kind, place in (("tracefs", "tracing"), ("debugfs", "debug")):
        folder = pathlib.Path("/sys/kernel", place)
        if folder.is_dir() and not any(folder.iterdir()):
            subprocess.run(["mount", "-t", kind, "nodev", str(folder)], check=False)


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "--inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        mount_tracepoints()
        pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65000",
                                                                          encoding="ascii")
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    # Ctrl-C has to reach the tracers, also where it is ignored by our caller.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    build = str(pathlib.Path(sys.argv[1]).resolve())
    count, rounds = (sys.argv[2:] + ["200000", "3"][len(sys.argv) - 2:])[:2]
    subprocess.run(["unshare", "--net", "--mount", sys.executable, __file__, "--inside", build, count, rounds],
                   check=True)


if __name__ == "__main__":
    main()
