#!/usr/bin/env python3
"""tcpdx lab: every state is reached and held, every scenario is diagnosed rightly, and nothing remains.

    tests/e2e/lab_test.py list             the names of the tests
    tests/e2e/lab_test.py NAME TCPDX       runs one (exit status 77: skipped)

What has to be found is written here too, so that a scenario cannot expect what happens to be found.
"""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import json_schema

SKIP = 77
NO_PERMISSION = 77
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/sbin:/sbin:" + os.environ["PATH"], "LC_ALL": "C.UTF-8"}

# name: (RFC name of the state, states of the kernel's end in the order in which it has them)
OPENED = ["SYN-SENT", "ESTABLISHED"]
ACCEPTED = ["SYN-RECEIVED", "ESTABLISHED"]
STATES = {
    "LISTEN": ("LISTEN", None, None),
    "SYN_SENT": ("SYN-SENT", ["SYN-SENT"], None),
    "SYN_RECV": ("SYN-RECEIVED", ["SYN-RECEIVED"], "ESTABLISHED"),
    "ESTABLISHED": ("ESTABLISHED", OPENED, "ESTABLISHED"),
    "FIN_WAIT1": ("FIN-WAIT-1", OPENED + ["FIN-WAIT-1"], "ESTABLISHED"),
    "FIN_WAIT2": ("FIN-WAIT-2", OPENED + ["FIN-WAIT-1", "FIN-WAIT-2"], "CLOSE-WAIT"),
    "CLOSING": ("CLOSING", OPENED + ["FIN-WAIT-1", "CLOSING"], "FIN-WAIT-1"),
    "TIME_WAIT": ("TIME-WAIT", OPENED + ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"], "CLOSED"),
    "CLOSE_WAIT": ("CLOSE-WAIT", ACCEPTED + ["CLOSE-WAIT"], "FIN-WAIT-2"),
    "LAST_ACK": ("LAST-ACK", ACCEPTED + ["CLOSE-WAIT", "LAST-ACK"], "TIME-WAIT"),
}

# What each look of a scenario has to find: these rules with these severities, or these causes, and nothing
# else. A rule that gets a scenario of the lab gets its system test by its line here.
PROBLEM, WARNING, INFORMATION = "problem", "warning", "information"
ON_ALL_ADDRESSES = {"listener-all-addresses": INFORMATION}  # as servers of the lab listen
UNACKNOWLEDGED = {"data-unacknowledged": PROBLEM}
SCENARIOS = {
    "three-way-open": [{}],
    "simultaneous-open": [{}],
    "four-way-close": [{}],
    "close-by-peer": [{}],
    "simultaneous-close": [{}],
    "half-close": [{"fin-wait2-held": WARNING}],
    "lost-final-ack": [{"closing-stuck": INFORMATION, **ON_ALL_ADDRESSES}],
    "peer-power-off": [UNACKNOWLEDGED],
    "refused": [{"port-closed", "other-address-only", "server-reset"}],
    "firewall-drop": [{"syn-sent-stuck": PROBLEM},
                      {"path-drop", "input-drop", "output-drop", "return-path-drop", "address-translation-full",
                       "connection-table-full", "md5-required"}],
    "firewall-reset": [{"middle-reset"}],
    "firewall-reject": [{"middle-reject"}],
    "firewall-prohibit": [{"middle-prohibits"}],
    "own-firewall-drop": [{"packets-dropped-before-tcp": WARNING, "port-ready": INFORMATION}],
    "bad-backend": [{"backend-refuses"}],
    "accept-queue-full": [{"accept-queue-full": PROBLEM}],
    "syn-flood": [{"syn-cookies-in-use": WARNING, "syn-received-pile-up": WARNING, **ON_ALL_ADDRESSES}],
    "syn-flood-without-cookies": [{"syn-received-pile-up": PROBLEM, **ON_ALL_ADDRESSES}],
    "zero-window": [{"data-unacknowledged": WARNING}],
    "retransmission": [UNACKNOWLEDGED],
    "nat-forgets": [{"idle-without-keepalive": INFORMATION}, UNACKNOWLEDGED],
    "ports-used-up": [{"local-ports-running-out": PROBLEM}],
    "close-wait-leak": [{"close-wait-leak": PROBLEM, **ON_ALL_ADDRESSES}],
    "never-accepted": [{"established-never-accepted": PROBLEM, **ON_ALL_ADDRESSES}],
    "data-unread": [{"data-unread": PROBLEM, **ON_ALL_ADDRESSES}],
    "expired-certificate": [{"certificate-expired"}],
}
# Rules that cannot tell the cause by what one end sees have to say so.
UNDECIDED = {"fin-wait2-held", "syn-sent-stuck", "packets-dropped-before-tcp", "syn-received-pile-up"}
# Rules for what only captures and pasted listings show: their tests are in src/ and e2e/.
NOT_ON_A_LIVE_HOST = {"established-many", "fin-wait2-released"}
# What was told has to have this in it: what the kernel did, and not only what tcpdx says.
TOLD = {
    "simultaneous-open": ["succeeded at both ends"],
    "firewall-reject": ["ECONNREFUSED"],
    "firewall-prohibit": ["EHOSTUNREACH"],
    "firewall-drop": ["still waits"],
    "syn-flood": ["client connects"],
    "syn-flood-without-cookies": ["does not connect"],
    "ports-used-up": ["EADDRNOTAVAIL", "Then 0 connections", "Then 10 of 10"],
    "nat-forgets": ["new connect() has succeeded"],
}


def fail(why, document=None):
    if document is not None:
        print(json.dumps(document, indent=1)[:20000])
    sys.exit(f"FAILED: {why}")


def check(condition, why, document=None):
    if not condition:
        fail(why, document)


def run(program, *arguments, **options):
    done = subprocess.run([program, "lab", *arguments, "--lang", "en"], capture_output=True, text=True,
                          check=False, timeout=100, env=ENVIRONMENT, **options)
    if done.returncode == NO_PERMISSION:
        print(f"skipped: {done.stderr}")
        sys.exit(SKIP)
    return done


def play(program, name):
    done = run(program, name, "--json")
    if "not installed" in done.stderr:
        print(f"skipped: {done.stderr}")
        sys.exit(SKIP)
    check(done.stdout, f"no output, exit status {done.returncode}: {done.stderr}")
    document = json.loads(done.stdout)
    checker = json_schema.Checker("tcpdx.lab/1")
    checker.check(document)
    check(not checker.problems, f"not as documented: {checker.problems}", document)
    check(done.returncode == 0, f"exit status {done.returncode}: {done.stderr}", document)
    return document


def kernel_states(document):
    states = []
    for rung in document["rungs"]:
        if rung.get("kernel") and rung["kernel"] not in states:
            states.append(rung["kernel"])
    return states


def test_state(program, name):
    document = play(program, name)
    state, way, peer = STATES[name]
    held = document["held"]
    check(held["reached"] and held["state"] == state, f"not in {state}", document)
    check(held.get("peer") == peer, f"the peer is not in {peer}", document)
    if way is not None:
        check(kernel_states(document) == way, f"took {kernel_states(document)}", document)
    # netstat has to agree with what sock_diag said.
    check(any(name in line.split() for line in document["netstat"].splitlines()),
          f"netstat does not show {name}", document)


def found_in(look):
    """Rules with their severities of a diagnosis, causes of a probe."""
    if "namespaces" not in look["output"]:
        return set(look["found"])
    findings = [finding for each in look["output"]["namespaces"] for finding in each["findings"]]
    for finding in findings:
        check(finding["evidence"], f"{finding['rule']} without evidence", look)
        check(finding["rule"] not in UNDECIDED or len(finding["candidates"]) > 1,
              f"{finding['rule']} has decided what it cannot know", look)
    check(len({finding["rule"] for finding in findings}) == len(findings), "a rule fired twice", look)
    return {finding["rule"]: finding["severity"] for finding in findings}


def test_scenario(program, name):
    document = play(program, name)
    looks = document["looks"]
    check(len(looks) == len(SCENARIOS[name]), f"{len(looks)} looks", document)
    for look, wanted in zip(looks, SCENARIOS[name]):
        check(found_in(look) == wanted, f"{found_in(look)} instead of {wanted}", document)
        check(look["right"] and not look["unexpected"], f"false alarm: {look['unexpected']}", document)
    told = "\n".join(document["told"])
    for text in TOLD.get(name, []):
        check(text in told, f"not told: {text}", document)


def test_every_rule_has_a_scenario(_program):
    """In the lab, or where the lab has none in tests/scenarios."""
    tests = pathlib.Path(__file__).parent.parent
    played = {rule for looks in SCENARIOS.values() for look in looks for rule in look}
    scripts = "".join(path.read_text(encoding="utf-8") for path in (tests / "scenarios").glob("*.py"))
    rules = {page.stem for page in (tests.parent / "docs" / "rules").glob("*.md")}
    missing = {rule for rule in rules - played - NOT_ON_A_LIVE_HOST
               if not rule.startswith("capture-") and f'"{rule}"' not in scripts}
    check(rules and not missing, f"no scenario for {sorted(missing)}")


def devices():
    return sorted(os.listdir("/sys/class/net"))


def shows_within(process, text, seconds=10):
    """Reads its output until `text` has come."""
    output = ""
    end = time.monotonic() + seconds
    while text not in output and time.monotonic() < end:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        if ready:
            piece = os.read(process.stdout.fileno(), 65536).decode()
            if not piece:
                break
            output += piece
    check(text in output, f"{text!r} did not come: {output}")
    return output


def namespace_is_gone(inode, seconds=5):
    """Whether no process is in this network namespace any more; it has no other name."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        there = False
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                there = there or os.readlink(process / "ns/net") == inode
            except OSError:
                pass
        if not there:
            return True
        time.sleep(0.1)
    return False


def ends_cleanly(program, ending):
    before = devices()
    process = subprocess.Popen([program, "lab", "TIME_WAIT", "--hold", "--lang", "en"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    shows_within(process, "\nafter ")
    inode = os.readlink(f"/proc/{process.pid}/ns/net")
    check(inode != os.readlink("/proc/self/ns/net"), "it is in the host's network")
    check(devices() == before, f"the host has devices of the lab: {devices()}")
    process.send_signal(ending)
    status = process.wait(10)
    check(namespace_is_gone(inode), "its network is still there")
    check(devices() == before, "devices remain")
    return status


def test_interrupt(program):
    check(ends_cleanly(program, signal.SIGINT) == 0, "Ctrl-C is no failure")


def test_kill(program):
    ends_cleanly(program, signal.SIGKILL)


def test_shell_ends_with_the_lab(program):
    process = subprocess.Popen([program, "lab", "CLOSE_WAIT", "--shell", "--lang", "en"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**ENVIRONMENT, "SHELL": "/bin/sh"})
    process.stdin.write(b"sleep 1000 & setsid sleep 1000 &\necho started\n")
    process.stdin.flush()
    shows_within(process, "started")
    inode = os.readlink(f"/proc/{process.pid}/ns/net")
    process.kill()
    process.wait(10)
    check(namespace_is_gone(inode), "what the shell started lives on")


def test_shell_is_inside(program):
    done = run(program, "CLOSE_WAIT", "--shell", input="cat /proc/net/tcp\n")
    check(" 08 " in done.stdout, f"no CLOSE_WAIT in the shell's /proc/net/tcp: {done.stdout}")


def test_step(program):
    """On a terminal: nothing is sent before Enter."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([program, "lab", "ESTABLISHED", "--step", "--lang", "en"],
                               stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=ENVIRONMENT)
    time.sleep(1)
    check(process.poll() is None, "it did not wait")
    for _ in range(12):
        os.write(leader, b"\n")
        time.sleep(0.1)
    output, errors = process.communicate(timeout=10)
    check(process.returncode == 0, errors)
    check(errors.count(b"Enter") >= 3 and b"SYN+ACK" in output, errors + output)


def test_step_interrupted(program):
    """Ctrl-C ends it where it waits for Enter, and nothing is judged that has not been played."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([program, "lab", "half-close", "--step", "--lang", "en"], stdin=follower,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    os.write(leader, b"\n")
    shows_within(process, "SYN")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    check(process.returncode == 0, f"exit status {process.returncode}: {errors}")
    check(b"This is" not in output and b"got" not in output, output)


def test_probe_interrupted(program):
    process = subprocess.Popen([program, "lab", "firewall-drop", "--lang", "en"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    shows_within(process, "This is right: syn-sent-stuck")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    check(process.returncode == 0, f"exit status {process.returncode}: {errors}")
    check(b"This is" not in output, output)


def test_pcap(program):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/lab.pcapng"
        run(program, "TIME_WAIT", "--pcap", path)
        done = subprocess.run([program, "capture", path, "--json"], capture_output=True, text=True,
                              check=False, env=ENVIRONMENT)
        document = json.loads(done.stdout)
        check(len(document["connections"]) == 1, "not one connection", document)
        check(document["counts"]["tcp"] == 7, "not seven segments", document)
        check(os.listdir(folder) == ["lab.pcapng"], "something else is left")


def test_usage(program):
    check(run(program, "no-such-thing").returncode == 64, "an unknown name is a usage error")
    check(run(program).returncode == 64, "no name is a usage error")
    listed = run(program, "--list").stdout
    document = json.loads(run(program, "--list", "--json").stdout)
    checker = json_schema.Checker("tcpdx.lab-list/1")
    checker.check(document)
    check(not checker.problems, f"not as documented: {checker.problems}", document)
    # A name that nobody tests would be a scenario that nobody checks.
    check({entry["name"]: entry.get("holds") for entry in document["entries"]}
          == {**{name: state for name, (state, _, _) in STATES.items()}, **dict.fromkeys(SCENARIOS)},
          "not the names that are tested", document)
    for entry in document["entries"]:
        check(f"  {entry['name']} " in listed, f"--list does not name {entry['name']}")


def test_without_privilege(program):
    """Where neither root nor user namespaces are to be had, it says so and ends."""
    if os.geteuid() != 0:
        sys.exit(SKIP)

    def drop():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    done = subprocess.run([program, "lab", "TIME_WAIT", "--lang", "en"], capture_output=True, text=True,
                          check=False, env=ENVIRONMENT, preexec_fn=drop)
    if done.returncode == 0:
        check("TIME_WAIT" in done.stdout, done.stdout)  # user namespaces are allowed
    else:
        check(done.returncode == NO_PERMISSION, f"{done.returncode}: {done.stderr}")
        check("CAP_SYS_ADMIN" in done.stderr or "/dev/net/tun" in done.stderr, done.stderr)


TESTS = {
    **{f"state-{name}": lambda program, name=name: test_state(program, name) for name in STATES},
    **{name: lambda program, name=name: test_scenario(program, name) for name in SCENARIOS},
    "every-rule-has-a-scenario": test_every_rule_has_a_scenario,
    "interrupt": test_interrupt,
    "kill": test_kill,
    "shell-ends-with-the-lab": test_shell_ends_with_the_lab,
    "shell-is-inside": test_shell_is_inside,
    "step": test_step,
    "step-interrupted": test_step_interrupted,
    "probe-interrupted": test_probe_interrupted,
    "pcap": test_pcap,
    "usage": test_usage,
    "without-privilege": test_without_privilege,
}


def main():
    if sys.argv[1:] == ["list"]:
        print("\n".join(TESTS))
        return
    TESTS[sys.argv[1]](sys.argv[2])


main()
