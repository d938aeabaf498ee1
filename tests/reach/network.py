"""Three hosts for tests of reachability: client -- router -- server, in namespaces of their own.

    c 10.1.0.1, fd01::1 -- 10.1.0.254 r 10.2.0.254 -- s 10.2.0.1, fd02::1

The wire between c and r delays each frame by 5 ms each way. Without a delay, an ICMP error comes
back while connect() still owns the socket, and the kernel drops it (TcpExtLockDroppedIcmps), which
never happens on a real network.
"""

import ctypes
import fcntl
import heapq
import os
import pathlib
import select
import signal
import struct
import subprocess
import sys
import time

SKIP = 77  # ctest's SKIP_RETURN_CODE
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
DELAY = 0.005

CLIENT, SERVER, ROUTER, FAR_ROUTER = "10.1.0.1", "10.2.0.1", "10.1.0.254", "10.2.0.254"
CLIENT6, SERVER6, ROUTER6 = "fd01::1", "fd02::1", "fd01::fe"
PORT = 8080
OPEN = 2200  # a reference that is always open

PEER = pathlib.Path(__file__).with_name("peer.py")
_libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


class Host:
    """A network namespace, held open by a sleeping process of ours."""

    def __init__(self, name):
        self.name = name
        # Whoever waits for our output must not wait for a sleeper that was left behind.
        self.sleeper = subprocess.Popen(["unshare", "--net", "sleep", "600"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.path = f"/proc/{self.sleeper.pid}/ns/net"
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 20  # a busy host takes its time
        while os.readlink(self.path) == own:
            if self.sleeper.poll() is not None:
                skip("needs root for network namespaces")
            if time.monotonic() > deadline:
                self.sleeper.kill()
                raise RuntimeError(f"{name}: no network namespace")
            time.sleep(0.01)
        self.started = []
        self.run("ip", "link", "set", "lo", "up")
        self.option("net.ipv6.conf.default.accept_dad", 0)
        self.option("net.ipv6.conf.all.accept_dad", 0)

    def command(self, *command):
        return ["nsenter", f"--net={self.path}", *command]

    def run(self, *command, check=True):
        done = subprocess.run(self.command(*command), check=False, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(command)}: {done.stderr}")
        return done.stdout

    def start(self, *command, **options):
        process = subprocess.Popen(self.command(*command), **options)
        self.started.append(process)
        return process

    def peer(self, *arguments):
        """Starts peer.py, and waits until it says that it is ready."""
        process = self.start(sys.executable, str(PEER), *map(str, arguments),
                             stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if line.strip() != "ready":
            raise RuntimeError(f"{self.name}: peer.py {arguments} said {line!r}")
        return process

    def option(self, name, value):
        self.run("sh", "-c", f"echo '{value}' > /proc/sys/{name.replace('.', '/')}")

    def filter(self, hook, rule, kind="filter", priority="0"):
        """One rule of this host's packet filter."""
        self.run("nft", "add", "table", "inet", "lab")
        self.run("nft", f"add chain inet lab {hook}_{kind} "
                        f"{{ type {kind} hook {hook} priority {priority}; }}")
        self.run("nft", f"add rule inet lab {hook}_{kind} {rule}")

    def enter(self):
        descriptor = os.open(self.path, os.O_RDONLY)
        if _libc.setns(descriptor, CLONE_NEWNET) != 0:
            skip("needs CAP_SYS_ADMIN for network namespaces")
        os.close(descriptor)

    def close(self):
        for process in self.started:
            process.kill()
            process.wait()
        self.sleeper.kill()
        self.sleeper.wait()


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return tap


def relay(left, right, delay):
    """Passes frames on between two TAPs, each so long after it came."""
    waiting = []
    number = 0
    poller = select.poll()
    other = {left: right, right: left}
    for tap in other:
        os.set_blocking(tap, False)
        poller.register(tap, select.POLLIN)
    while True:
        left_ms = max(0, (waiting[0][0] - time.monotonic()) * 1000) if waiting else None
        for tap, _ in poller.poll(left_ms):
            try:
                while True:
                    frame = os.read(tap, 65536)
                    number += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, number, other[tap], frame))
            except BlockingIOError:
                pass
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, tap, frame = heapq.heappop(waiting)
            try:
                os.write(tap, frame)
            except OSError:
                pass  # the interface is down


class Network:
    def __init__(self, delay=DELAY):
        if os.geteuid() != 0:
            skip("needs root for network namespaces")
        if not pathlib.Path("/dev/net/tun").exists():
            skip("needs /dev/net/tun for a wire with a delay")
        if not pathlib.Path("/usr/sbin/nft").exists():
            skip("needs nftables")
        self.c, self.r, self.s = Host("client"), Host("router"), Host("server")
        self.relay = self._lay_wire(delay)
        c, r, s = self.c, self.r, self.s
        c.run("ip", "link", "set", "wire", "up")
        c.run("ip", "address", "add", f"{CLIENT}/24", "dev", "wire")
        c.run("ip", "address", "add", f"{CLIENT6}/64", "dev", "wire", "nodad")
        r.run("ip", "link", "set", "wire", "up")
        r.run("ip", "address", "add", f"{ROUTER}/24", "dev", "wire")
        r.run("ip", "address", "add", f"{ROUTER6}/64", "dev", "wire", "nodad")
        r.run("ip", "link", "add", "lan", "type", "veth", "peer", "name", "eth0", "netns",
              str(s.sleeper.pid))
        r.run("ip", "link", "set", "lan", "up")
        r.run("ip", "address", "add", f"{FAR_ROUTER}/24", "dev", "lan")
        r.run("ip", "address", "add", "fd02::fe/64", "dev", "lan", "nodad")
        s.run("ip", "link", "set", "eth0", "up")
        s.run("ip", "address", "add", f"{SERVER}/24", "dev", "eth0")
        s.run("ip", "address", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
        c.run("ip", "route", "add", "default", "via", ROUTER)
        c.run("ip", "-6", "route", "add", "default", "via", ROUTER6)
        s.run("ip", "route", "add", "default", "via", FAR_ROUTER)
        s.run("ip", "-6", "route", "add", "default", "via", "fd02::fe")
        r.option("net.ipv4.ip_forward", 1)
        r.option("net.ipv6.conf.all.forwarding", 1)

    def _lay_wire(self, delay):
        """Makes both ends, and a process of ours that passes the frames on."""
        child = os.fork()
        if child != 0:
            for host in (self.c, self.r):
                for _ in range(200):
                    if "wire" in host.run("ip", "link", "show", check=False):
                        break
                    time.sleep(0.01)
            return child
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            self.c.enter()
            left = open_tap("wire")
            self.r.enter()
            right = open_tap("wire")
            relay(left, right, delay)
        finally:
            os._exit(1)

    def warm_up(self):
        """Lets ARP and neighbour discovery settle, as on any network in use."""
        attempt = "import socket, sys\nfor host in sys.argv[1:]:\n try:\n" \
                  "  socket.create_connection((host, 9), 2)\n except OSError:\n  pass\n"
        self.c.run(sys.executable, "-c", attempt, SERVER, SERVER6)

    def close(self):
        os.kill(self.relay, signal.SIGTERM)
        os.waitpid(self.relay, 0)
        for host in (self.c, self.r, self.s):
            host.close()
