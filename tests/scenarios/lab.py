"""A small laboratory for scenarios: real sockets, in network namespaces made for one test.

Every scenario runs in a process of its own that has left the host's network, so whatever it does
ends with it. Nothing here touches the host's options or addresses.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import threading
import time

SKIP = 77  # ctest's SKIP_RETURN_CODE
CLONE_NEWNET = 0x40000000
LOOPBACK = "127.0.0.1"
TCP_MD5SIG = 14
ETH_P_ALL, PACKET_OUTGOING, SO_TIMESTAMPNS = 3, 4, 35

_libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


def leave_the_host():
    """Enters a fresh network namespace with only loopback. Needs CAP_SYS_ADMIN."""
    if os.geteuid() != 0 or _libc.unshare(CLONE_NEWNET) != 0:
        skip("needs root for network namespaces")
    run("ip", "link", "set", "lo", "up")


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def option(name, value):
    """Sets a kernel option of this namespace."""
    pathlib.Path("/proc/sys", *name.split(".")).write_text(str(value), encoding="ascii")


def filter_packets(*rules):
    """Packet filter rules of this namespace: ("input", "tcp dport 80 drop")."""
    if not pathlib.Path("/usr/sbin/nft").exists():
        skip("needs nftables")
    run("nft", "add", "table", "inet", "lab")
    for hook, rule in rules:
        run("nft", f"add chain inet lab {hook} {{ type filter hook {hook} priority 0; }}")
        run("nft", f"add rule inet lab {hook} {rule}")


def stop_filtering():
    run("nft", "delete", "table", "inet", "lab")


class OtherHost:
    """A second host: a network namespace, joined by a veth pair. 10.9.0.1 is here, 10.9.0.2 there."""

    HERE = "10.9.0.1"
    THERE = "10.9.0.2"

    def __init__(self):
        # Held open by a sleeping process of ours, so that it ends with the test.
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "120"])
        self.link = f"lab{os.getpid() % 100000}"
        for _ in range(100):
            if os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net"):
                break
            time.sleep(0.02)
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns",
            str(self.process.pid))
        run("ip", "address", "add", f"{self.HERE}/24", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        for command in (["ip", "link", "set", "lo", "up"], ["ip", "link", "set", "eth0", "up"],
                        ["ip", "address", "add", f"{self.THERE}/24", "dev", "eth0"]):
            self.run(*command)

    def run(self, *command, check=True):
        return run("nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command, check=check)

    def start(self, *command):
        return subprocess.Popen(["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command])

    def close(self):
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def other_host():
    host = OtherHost()
    try:
        yield host
    finally:
        host.close()


class Unseen(Exception):
    """The kernel did not run the tracer for something that happened, and tcpdx says so.

    A supervisor of a virtual machine or a container host may hide its threads from BPF, and with
    them each timer that runs out while one of them is interrupted."""


class Sniffer(threading.Thread):
    """Gives each packet of an interface of this namespace to `take(frame, protocol, nanoseconds)`,
    with the time that the kernel had it at, until stop(). Of loopback each once."""

    def __init__(self, interface, take):
        super().__init__(daemon=True)
        self.take, self.is_loopback = take, interface == "lo"
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((interface, ETH_P_ALL))
        self.ended = False
        self.start()

    def run(self):
        while not self.ended:
            if not select.select([self.socket], [], [], 0.05)[0]:
                continue
            frame, ancillary, _, origin = self.socket.recvmsg(1 << 17, 64)
            if self.is_loopback and origin[2] == PACKET_OUTGOING:
                continue  # it shows each packet on its way out and in again
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            self.take(frame, origin[1], seconds * 10**9 + nanoseconds)

    def stop(self):
        time.sleep(0.1)
        self.ended = True
        self.join()


def listener(port=0, backlog=16, address=LOOPBACK, family=socket.AF_INET):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(backlog)
    return server


def port_of(sock):
    return sock.getsockname()[1]


def pair(server):
    """A connection to `server`, accepted: (client, accepted)."""
    client = socket.create_connection((LOOPBACK, port_of(server)))
    accepted, _ = server.accept()
    return client, accepted


def connecting(address, port):
    """A connect() that is under way; its socket."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex((address, port))
    return client


def reset(sock):
    """close() with an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def require_md5(sock, peer):
    """Requires TCP-MD5 signatures (RFC 2385) from `peer`; struct tcp_md5sig of linux/tcp.h."""
    address = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(peer))
    key = b"secret"
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG,
                    address + struct.pack("=BBHi80s", 0, 0, len(key), 0, key))


class Result:
    """What the program said: exit status, and its findings by rule id."""

    def __init__(self, status, document):
        self.status = status
        self.document = document
        self.findings = {}
        for namespace in document["namespaces"]:
            for finding in namespace["findings"]:
                self.findings.setdefault(finding["rule"], []).append(finding)

    def expect(self, rule, severity=None, status=None):
        if rule not in self.findings:
            self.fail(f"{rule} was not found")
        finding = self.findings[rule][0]
        if severity and finding["severity"] != severity:
            self.fail(f"{rule} is {finding['severity']}, not {severity}")
        if status is not None and self.status != status:
            self.fail(f"the exit status is {self.status}, not {status}")
        return finding

    def expect_absent(self, *rules):
        for rule in rules:
            if rule in self.findings:
                self.fail(f"{rule} was found, and should not be")

    def expect_calm(self):
        """Nothing above information."""
        alarms = [finding["rule"] for found in self.findings.values() for finding in found
                  if finding["severity"] != "information"]
        if alarms or self.status != 0:
            self.fail(f"false alarm, exit status {self.status}: {alarms}")

    def fail(self, why):
        print(json.dumps(self.document, indent=1, ensure_ascii=False))
        sys.exit(f"FAILED: {why}")


def program():
    return os.environ["TCPDX"]


def tcpdx(*arguments):
    done = subprocess.run([program(), *arguments, "--json", "--lang", "en"], capture_output=True,
                          text=True, check=False)
    if not done.stdout:
        sys.exit(f"FAILED: no output, exit status {done.returncode}: {done.stderr}")
    return Result(done.returncode, json.loads(done.stdout))


def run_tcpdx(*arguments):
    return subprocess.run([program(), *arguments], capture_output=True, text=True, check=False)


def explain(*subject):
    return json.loads(run_tcpdx("explain", *subject, "--json", "--lang", "en").stdout)


def while_sampling(action, *arguments, seconds=2):
    """Runs the program with two looks, and `action` between them."""
    sampling = subprocess.Popen([program(), *arguments, "--sample", str(seconds), "--json",
                                 "--lang", "en"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)
    action()
    output, _ = sampling.communicate()
    return Result(sampling.returncode, json.loads(output))
