#!/usr/bin/env python3
"""Makes each cause of an unreachable port on the real kernel, and checks what tcpdx says of it.

    reach.py list            the names of the conditions
    reach.py NAME            run one; TCPDX is the program (exit status 77: skipped)
    reach.py all             run all, side by side
    reach.py matrix          run all, and print the table of docs/accuracy.md
"""

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import conditions
import network
import table
from network import OPEN, PORT


def program():
    return os.environ.get("TCPDX", "build/dev/bin/tcpdx")


def probe_command(condition, privileged):
    command = [program(), "probe", condition.target, str(PORT), "--reference", str(OPEN), "--json",
               "--lang", "en", *condition.options]
    if not privileged:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                   "--bounding-set=-all", *command]
    return command


def wider_than_table(condition, who, candidates):
    more = candidates - table.classes_of(condition.name, condition.true)[who]
    if more:
        yield f"{who}: more than the table's class: {more}"


class Outcome:
    def __init__(self, condition, who, done):
        self.condition = condition
        self.who = who
        self.status = done.returncode
        if not done.stdout:
            raise SystemExit(f"FAILED: {who}: no output, exit status {done.returncode}: "
                             f"{done.stderr}")
        self.text = done.stdout
        self.document = json.loads(done.stdout)
        self.candidates = {each["cause"] for each in self.document["targets"][0]["candidates"]}

    def problems(self, expected):
        condition = self.condition
        if condition.true in expected and condition.true not in self.candidates:
            yield f"{self.who}: the true cause {condition.true} is not among {self.candidates}"
        if self.candidates - expected:
            yield f"{self.who}: more than can be: {self.candidates - expected}"
        yield from wider_than_table(condition, self.who, self.candidates)
        if expected - self.candidates:
            yield f"{self.who}: wrongly excluded: {expected - self.candidates}"
        if condition.says not in self.text:
            yield f"{self.who}: does not say {condition.says!r}"
        if self.status != condition.status:
            yield f"{self.who}: exit status {self.status}, not {condition.status}"


def make(condition):
    net = network.Network(condition.delay)
    try:
        net.s.peer("serve", OPEN)
        if condition.serves:
            net.s.peer("serve", PORT)
        net.warm_up()
        condition.setup(net)
        conditions.settle()
    except BaseException:
        net.close()
        raise
    return net


def watch(condition, net):
    """Starts the server's side, and gives a function that ends it and returns its report."""
    peer = network.CLIENT6 if ":" in condition.target else network.CLIENT
    process = subprocess.Popen(
        net.s.command(program(), "diagnose", f":{PORT}", "--for", "100", "--from-peer", peer,
                      "--json", "--lang", "en"), stdout=subprocess.PIPE, text=True)
    time.sleep(1)

    def end():
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        return output
    return end


def conclude(client, server):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, document in (("client", client), ("server", server)):
            files.append(f"{folder}/{name}.json")
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(document)
        return subprocess.run([program(), "conclude", *files, "--json", "--lang", "en"],
                              capture_output=True, text=True, check=False)


class Conclusion:
    def __init__(self, condition, done, server):
        if not done.stdout:
            raise SystemExit(f"FAILED: conclude: {done.stderr}")
        self.condition = condition
        self.status = done.returncode
        self.document = json.loads(done.stdout)
        self.candidates = {each["cause"] for each in self.document["candidates"]}
        self.server = {each["cause"] for each in json.loads(server)["candidates"]}

    def problems(self):
        condition = self.condition
        if self.candidates != condition.joint:
            yield f"joint: {self.candidates}, not {condition.joint}"
        wanted = 0 if len(condition.joint) < 2 else 1
        if self.status != wanted:
            yield f"joint: exit status {self.status}, not {wanted}"
        if self.server != conditions.SEEN_BY_SERVER.get(condition.name, set()):
            yield f"server: {self.server}"
        yield from wider_than_table(condition, "joint", self.candidates)
        yield from wider_than_table(condition, "server", self.server)


def look(condition, net, privileged):
    if condition.during:
        threading.Thread(target=condition.during, args=(net,), daemon=True).start()
    host = net.s if condition.at_server else net.c
    done = subprocess.run(host.command(*probe_command(condition, privileged)),
                          capture_output=True, text=True, check=False)
    return Outcome(condition, "root" if privileged else "nobody", done)


def run_one(name):
    condition = conditions.CONDITIONS[name]
    problems = []
    # Each in a network of its own: some conditions are spent by the first connection.
    for privileged, expected in ((True, condition.client), (False, condition.unprivileged)):
        net = make(condition)
        joins = privileged and not condition.alone
        try:
            end = watch(condition, net) if joins else None
            outcome = look(condition, net, privileged)
            server = end() if joins else None
        finally:
            net.close()
        found = list(outcome.problems(expected))
        if found:
            print(json.dumps(outcome.document, indent=1))
        problems += found
        if joins:
            conclusion = Conclusion(condition, conclude(json.dumps(outcome.document), server),
                                    server)
            found = list(conclusion.problems())
            if found:
                print(server, json.dumps(conclusion.document, indent=1))
            problems += found
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


# What other probes say of the same condition: the one line that a reader goes by.
PEERS = {
    "nmap -sS": ["nmap", "-n", "-Pn", "-sS", "-p", str(PORT), "--reason", "--max-retries", "2"],
    "nping": ["nping", "--tcp-connect", "-c", "1", "-p", str(PORT)],
    "tcptraceroute": ["tcptraceroute", "-n", "-q", "1", "-w", "1", "-m", "5"],
}


def said_by_peer(name, output):
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if name == "nmap -sS":
        found = [line for line in lines if line.startswith(f"{PORT}/tcp")]
        return " ".join(found[0].split()[1:]).replace("http-proxy ", "") if found else "-"
    if name == "nping":
        found = [line for line in lines if line.startswith("RCVD") or "Possible" in line]
        text = found[0] if found else "no answer"
        return text.split("from")[0].replace("RCVD", "").strip(" ()0123456789.s") or text
    hops = [line for line in lines if line[0].isdigit()]
    answered = [line for line in hops if "*" not in line]
    if not answered:
        return "stars"
    words = answered[-1].split()
    return "hop " + " ".join(words[:2] + [word for word in words[2:3] if word.startswith("[")])


def ask_peers(condition, host):
    said = {}
    for name, command in PEERS.items():
        v6 = ":" in condition.target
        if not shutil.which(command[0]) or (v6 and name == "tcptraceroute"):
            said[name] = "-"
            continue
        command = command + (["-6"] if v6 else []) + [condition.target]
        if name == "tcptraceroute":
            command.append(str(PORT))
        try:
            done = subprocess.run(host.command(*command), capture_output=True, text=True,
                                  check=False, timeout=30, stdin=subprocess.DEVNULL)
            said[name] = said_by_peer(name, done.stdout)
        except subprocess.TimeoutExpired:
            said[name] = "hangs"
    return said


def matrix_row(name):
    condition = conditions.CONDITIONS[name]
    found = {}
    for who, privileged in (("root", True), ("nobody", False)):
        net = make(condition)
        joins = privileged and not condition.alone
        try:
            end = watch(condition, net) if joins else None
            outcome = look(condition, net, privileged)
            server = end() if joins else None
        finally:
            net.close()
        found[who] = outcome.candidates
        if joins:
            joined = Conclusion(condition, conclude(json.dumps(outcome.document), server), server)
            if json.loads(server)["observed"]["packets"]["syns"] > 0:
                found["server"] = joined.server
            found["joint"] = joined.candidates
    net = make(condition)
    try:
        peers = ask_peers(condition, net.s if condition.at_server else net.c)
    finally:
        net.close()

    def cell(who):
        if who not in found:
            return "no SYN" if who == "server" and "joint" in found else "-"
        if not condition.true or (not condition.client and who in ("nobody", "root")):
            return "nothing wrong" if not found[who] else "false alarm"
        # A server that took the connection has nothing to explain.
        seen = condition.true in found[who] or (who == "server" and not found[who])
        mark = "" if seen else " (missed)"
        return f"{len(found[who])}{mark}"
    return [name, condition.true or "-", cell("nobody"), cell("root"), cell("server"),
            cell("joint"), *(peers[peer] for peer in PEERS)]


def matrix():
    head = ["condition", "true cause", "client, no privilege", "client, root", "server", "both",
            *PEERS]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        # A process each, since a network forks and enters namespaces.
        runs = pool.map(lambda name: subprocess.run([sys.executable, __file__, "row", name],
                                                    capture_output=True, text=True, check=False),
                        conditions.CONDITIONS)
        for name, done in zip(conditions.CONDITIONS, runs):
            if done.returncode != 0:
                print(done.stderr, file=sys.stderr)
            print(done.stdout.strip() if done.returncode == 0 else f"| {name} | failed |",
                  flush=True)
    return 0


def run_all():
    """A process each, since a network forks and enters namespaces. What fails is tried once more
    alone: on a busy host a wait can be too short."""
    def run(name):
        started = time.monotonic()
        done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        took[name] = time.monotonic() - started
        return done

    took = {}
    # Those of several attempts take longest; what begins first is not waited for in the end.
    longest_first = sorted(conditions.CONDITIONS.values(),
                           key=lambda each: "--count" not in each.options)
    names = [each.name for each in longest_first]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        done = dict(zip(names, pool.map(run, names)))
    slowest = sorted(took, key=took.get)[-3:]
    print("slowest: " + ", ".join(f"{name} {took[name]:.0f} s" for name in slowest))
    if any(each.returncode == network.SKIP for each in done.values()):
        network.skip(next(each.stdout for each in done.values()))
    failed = []
    for name in [name for name, each in done.items() if each.returncode != 0]:
        again = run(name)
        print(f"{name}: {'passed alone' if again.returncode == 0 else 'FAILED'}")
        if again.returncode != 0:
            print(again.stdout, again.stderr)
            failed.append(name)
    print(f"{len(done) - len(failed)} of {len(done)} conditions")
    return 1 if failed else 0


def main():
    # In the background SIGINT is ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.argv[1:] == ["all"]:
        return run_all()
    if sys.argv[1:] == ["matrix"]:
        return matrix()
    if len(sys.argv) == 3 and sys.argv[1] == "row":
        print("| " + " | ".join(matrix_row(sys.argv[2])) + " |")
        return 0
    if sys.argv[1:] == ["list"]:
        print("\n".join(conditions.CONDITIONS))
        return 0
    if len(sys.argv) == 2 and sys.argv[1] in conditions.CONDITIONS:
        return run_one(sys.argv[1])
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
