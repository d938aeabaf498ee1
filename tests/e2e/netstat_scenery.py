"""Fills a network namespace of its own with everything that netstat has a column for.

build() must run in a fresh network and mount namespace. Nothing leaves it: the only devices are its
loopback and a veth pair whose other end lies in the namespace of a child process.
"""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
UDPLITE = 136
libc = ctypes.CDLL(None, use_errno=True)

HOSTS = """127.0.0.1 localhost
::1 ip6-localhost ip6-loopback
10.1.0.1 here
10.1.0.2 a-host-with-quite-a-long-name.example.test
10.1.0.7 gateway.example.test
fd00:1::1 six.example.test
fd00:1::2 another-host-with-a-name-that-is-too-long.example.test
ff02::1 ip6-allnodes
224.0.0.1 all-systems.mcast.test
"""
NETWORKS = "default 0.0.0.0\nloopback 127.0.0.0\nlab-net 10.7.0.0\n"
SERVICES = "a-service-with-a-very-long-name 7001/tcp\nshort 7002/tcp\nlater 7002/tcp\nu-serv 7003/udp\n"


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


def try_sh(command):
    """For what not every kernel has."""
    subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cover_file(path, text):
    """Shows `text` at `path`, in this mount namespace only."""
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    if os.path.exists(path):
        sh(f"mount --bind {file.name} {path}")


def name_databases():
    with open("/etc/services") as file:
        services = file.read()
    cover_file("/etc/services", services + SERVICES)
    cover_file("/etc/hosts", HOSTS)
    cover_file("/etc/networks", NETWORKS)
    cover_file("/etc/nsswitch.conf", "passwd: files\nhosts: files\nnetworks: files\n"
               "services: files\nprotocols: files\n")


class Scenery:
    def __init__(self):
        self.kept = []
        self.peer = 0

    def keep(self, sock):
        self.kept.append(sock)
        return sock

    # -- devices, addresses, routes

    def links(self):
        sh("ip link set lo up")
        sh("ip link add v0 type veth peer name v1")
        self.start_peer()
        sh("ip link set v0 address 02:00:00:00:00:01 up")
        sh("ip addr add 10.1.0.1/24 brd 10.1.0.255 dev v0")
        sh("ip addr add 10.1.1.1/24 dev v0 label v0:1")
        sh("ip addr add 10.1.2.1/24 dev v0 label v0:x")
        sh("ip -6 addr add fd00:1::1/64 dev v0 nodad")
        sh("ip -6 addr add fd00:1:2222:3333:4444:5555:6666:7777/64 dev v0 nodad")
        # Who sends to these gets no answer: nobody has the hardware address.
        for address in ("10.1.0.66", "10.1.0.7"):
            sh(f"ip neigh add {address} lladdr 02:00:00:00:00:66 dev v0 nud permanent")
        sh("ip -6 neigh add fd00:1::66 lladdr 02:00:00:00:00:66 dev v0 nud permanent")
        try_sh("ip link add a-long-bridge0 type bridge && ip link set a-long-bridge0 up "
               "&& ip addr add 10.2.0.1/30 dev a-long-bridge0")
        try_sh("ip link add br10 type bridge && ip link set br10 up promisc on")
        try_sh("ip link add br2 type bridge && ip link set br2 mtu 9000 && "
               "ip link set br2 up allmulticast on multicast off arp off txqueuelen 17")
        for name in ("down0", "eth2", "eth10", "eth1a", "eth1"):
            try_sh(f"ip link add {name} type bridge")
        for kind in ("dummy", "ipip", "sit", "gre", "ip6tnl", "vlan"):
            try_sh(f"ip link add t-{kind} type {kind} && ip link set t-{kind} up")
        try_sh("ip tuntap add dev tun0 mode tun && ip addr add 10.3.0.1 peer 10.3.0.2 dev tun0 "
               "&& ip link set tun0 up")
        try_sh("ip tuntap add dev tap0 mode tap && ip link set tap0 up")

    def routes(self):
        sh("ip route add default via 10.1.0.7 dev v0")
        sh("ip route add 10.7.0.0/24 via 10.1.0.7 metric 12 mtu 1300 window 9000 rtt 3s")
        sh("ip route add 10.7.1.0/24 dev v0 scope link")
        sh("ip route add 10.8.0.0/16 via 10.1.0.66 advmss 1000")
        sh("ip route add 0.0.0.0/1 via 10.1.0.7")
        sh("ip route add 10.9.0.1/32 via 10.1.0.7")
        sh("ip route add 10.1.0.2/32 dev v0")
        sh("ip route add unreachable 10.10.0.0/16")
        sh("ip route add prohibit 10.11.0.0/16 metric 99")
        sh("ip route add blackhole 10.12.0.0/16")
        sh("ip -6 route add default via fd00:1::7 dev v0 metric 7")
        sh("ip -6 route add fd00:7::/64 via fd00:1::66 dev v0")
        sh("ip -6 route add fd00:8::1/128 dev v0 expires 600")
        sh("ip -6 route add unreachable fd00:9::/48")
        sh("ip -6 route add fd00:1::2/128 dev v0")

    def start_peer(self):
        """A child in a namespace of its own, at the other end of the veth pair."""
        ready, go = os.pipe(), os.pipe()
        self.peer = os.fork()
        if self.peer == 0:
            try:
                # Whatever ends the test ends this too: it holds the pipe that ctest reads.
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                if libc.unshare(CLONE_NEWNET) != 0:
                    os._exit(1)
                os.write(ready[1], b"1")
                os.read(go[0], 1)
                sh("ip link set lo up && ip link set v1 up && ip addr add 10.1.0.2/24 dev v1 && "
                   "ip -6 addr add fd00:1::2/64 dev v1 nodad")
                for family, address in ((socket.AF_INET, "10.1.0.2"),
                                        (socket.AF_INET6, "fd00:1::2")):
                    server = socket.socket(family)
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    server.bind((address, 7001))
                    server.listen(16)
                    self.keep(server)
                os.write(ready[1], b"1")
                os.read(go[0], 1)  # half-open: time to connect where answers get lost
                for family, address in ((socket.AF_INET, "10.1.0.1"),
                                        (socket.AF_INET6, "fd00:1::1")):
                    for _ in range(3):
                        client = self.keep(socket.socket(family))
                        client.setblocking(False)
                        client.connect_ex((address, 7002))
                os.write(ready[1], b"1")
                while True:
                    time.sleep(60)
            finally:
                os._exit(0)
        # Without our own copies, a peer that failed shows as the end of the pipe, not as a hang.
        os.close(ready[1])
        os.close(go[0])
        self.ready, self.go = ready[0], go[1]
        self.await_peer()
        sh(f"ip link set v1 netns {self.peer}")
        os.write(self.go, b"1")
        self.await_peer()

    def await_peer(self):
        if not os.read(self.ready, 1):
            raise RuntimeError("the peer's namespace could not be set up")

    # -- sockets

    def listener(self, family, address, port=0, backlog=5, v6only=False, uid=0):
        if uid:
            os.seteuid(uid)
        server = self.keep(socket.socket(family))
        os.seteuid(0)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
        server.bind((address, port))
        server.listen(backlog)
        return server

    def pair(self, server, family=None, keepalive=False, small=False):
        """A client of `server` and the accepted end."""
        client = self.keep(socket.socket(family or server.family))
        if keepalive:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if small:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        address = server.getsockname()
        if family == socket.AF_INET and server.family == socket.AF_INET6:
            address = ("127.0.0.1", address[1])
        client.connect(address)
        accepted, _ = server.accept()
        return client, self.keep(accepted)

    @staticmethod
    def fill(sock):
        sock.setblocking(False)
        try:
            while True:
                sock.send(b"x" * 65536)
        except BlockingIOError:
            pass

    def tcp(self):
        for family, loopback, outside in ((socket.AF_INET, "127.0.0.1", "10.1.0.1"),
                                          (socket.AF_INET6, "::1", "fd00:1::1")):
            server = self.listener(family, loopback)
            self.listener(family, outside, 22)
            self.listener(family, "", 7002, v6only=True)
            self.listener(family, outside, 8080, uid=1000)
            self.pair(server)                                   # ESTABLISHED, timer off
            self.pair(server, keepalive=True)                   # keepalive
            client, accepted = self.pair(server)                # Recv-Q
            client.send(b"unread")
            client, accepted = self.pair(server, small=True)    # Send-Q, zero window: probe
            self.fill(client)
            client, accepted = self.pair(server)                # CLOSE_WAIT / FIN_WAIT2
            client.shutdown(socket.SHUT_WR)
            client, accepted = self.pair(server)                # CLOSE_WAIT with data / orphan
            client.send(b"some data")
            client.close()
            client, accepted = self.pair(server, small=True)    # FIN_WAIT1
            self.fill(client)
            client.shutdown(socket.SHUT_WR)
            client, accepted = self.pair(server, small=True)    # LAST_ACK
            self.fill(accepted)
            client.shutdown(socket.SHUT_WR)
            accepted.close()
            for _ in range(3):                                  # TIME_WAIT
                client, accepted = self.pair(server)
                client.close()
                accepted.close()
            waiting = self.listener(family, loopback, 8081, backlog=3)
            for _ in range(2):                                  # never accepted
                client = self.keep(socket.socket(family))
                client.connect(waiting.getsockname())
                client.send(b"hello")
            bound = self.keep(socket.socket(family))            # bound, neither listening nor not
            bound.bind((loopback, 8099))
        for family, address, port in ((socket.AF_INET, "10.1.0.66", 80),
                                      (socket.AF_INET6, "fd00:1::66", 443)):
            client = self.keep(socket.socket(family))           # SYN_SENT
            client.setblocking(False)
            client.connect_ex((address, port))
        both = self.listener(socket.AF_INET6, "::", 8082)       # mapped addresses
        self.pair(both, socket.AF_INET)
        self.pair(self.listener(socket.AF_INET6, "fd00:1:2222:3333:4444:5555:6666:7777", 60001))
        for family, address in ((socket.AF_INET, "10.1.0.2"), (socket.AF_INET6, "fd00:1::2")):
            client = self.keep(socket.socket(family))           # to a host with a long name
            client.connect((address, 7001))
        link_local = self.link_local()
        if link_local:
            server = self.keep(socket.socket(socket.AF_INET6))
            server.bind((link_local, 8083, 0, socket.if_nametoindex("v0")))
            server.listen(1)

    @staticmethod
    def await_addresses():
        """Nothing binds to an address that duplicate address detection (RFC 4862) still looks at."""
        for _ in range(100):
            if not subprocess.run("ip -6 -o addr show tentative", shell=True, check=True,
                                  stdout=subprocess.PIPE).stdout:
                return
            time.sleep(0.1)
        raise RuntimeError("an address stayed tentative")

    @staticmethod
    def link_local():
        text = subprocess.run("ip -6 -o addr show dev v0 scope link", shell=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()
        return next((word.split("/")[0] for word in text if word.startswith("fe80")), None)

    def datagrams(self):
        for family, loopback in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            for protocol in (socket.IPPROTO_UDP, UDPLITE):
                try:
                    receiver = self.keep(socket.socket(family, socket.SOCK_DGRAM, protocol))
                except OSError:
                    continue  # UDP-Lite was removed from later kernels
                receiver.bind((loopback, 7003 if protocol == socket.IPPROTO_UDP else 0))
                sender = self.keep(socket.socket(family, socket.SOCK_DGRAM, protocol))
                sender.connect(receiver.getsockname())
                sender.send(b"unread datagram")
                self.keep(socket.socket(family, socket.SOCK_DGRAM, protocol)).bind(("", 0))
            raw = self.keep(socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP))
            raw.bind((loopback, 0))
            raw = self.keep(socket.socket(family, socket.SOCK_RAW, 58))
            raw.connect((loopback, 0))
            self.keep(socket.socket(family, socket.SOCK_RAW, 1))
            self.keep(socket.socket(family, socket.SOCK_RAW, 255))

    def groups(self):
        member = self.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        for group in ("239.1.2.3", "232.9.9.9"):
            member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                              socket.inet_aton(group) + socket.inet_aton("10.1.0.1"))
        member = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        for group in ("ff02::1234", "ff05::1:2:3:4"):
            member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                              socket.inet_pton(socket.AF_INET6, group) +
                              struct.pack("@I", socket.if_nametoindex("v0")))

    def unix(self):
        folder = tempfile.mkdtemp()
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            path = os.path.join(folder, f"listener-{int(kind)}")
            server = self.keep(socket.socket(socket.AF_UNIX, kind))
            server.bind(path)
            server.listen(3)
            client = self.keep(socket.socket(socket.AF_UNIX, kind))
            client.connect(path)
            waiting = self.keep(socket.socket(socket.AF_UNIX, kind))
            waiting.connect(path)
            accepted, _ = server.accept()
            self.keep(accepted)
            first, second = socket.socketpair(socket.AF_UNIX, kind)
            self.kept += [first, second]
        names = [os.path.join(folder, "datagram"), os.path.join(folder, "with a blank"),
                 os.path.join(folder, "n" * (107 - len(folder) - 1)), "\0abstract",
                 "\0abstract with\0zero", "\0" + "a" * 107, os.path.join(folder, "new\nline")]
        for name in names:
            self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(name)
        self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))

    def half_open(self):
        """SYN_RECV: the peer's answers go to a hardware address that nobody has."""
        for family, address in (("", "10.1.0.2"), ("-6 ", "fd00:1::2")):
            sh(f"ip {family}neigh replace {address} lladdr 02:00:00:00:00:66 dev v0 nud permanent")
        os.write(self.go, b"1")
        self.await_peer()
        time.sleep(0.3)

    def remove(self):
        if self.peer:
            os.kill(self.peer, 9)
            os.waitpid(self.peer, 0)


def build():
    scenery = Scenery()
    name_databases()
    scenery.links()
    scenery.await_addresses()
    scenery.routes()
    scenery.tcp()
    scenery.datagrams()
    scenery.groups()
    scenery.unix()
    time.sleep(0.5)
    return scenery
