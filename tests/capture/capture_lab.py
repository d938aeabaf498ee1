"""What scenes for `tcpdx capture` need: two hosts, a wire between them that loses, delays, copies and
makes up packets as a scene wants it, captures at three places, and what the kernel itself went through.
"""

import collections
import contextlib
import fcntl
import heapq
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scenarios"), str(HERE.parent.parent / "tools")]
import lab  # noqa: E402
from lab import Unseen  # noqa: E402

FIN, SYN, RST, ACK = 1, 2, 4, 16
CLONE_NEWNET = lab.CLONE_NEWNET
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
LINKTYPE_ETHERNET, LINKTYPE_RAW = 1, 101
HOPS = 3  # the routers on the way, which take as much from the TTL
ONE_WAY = 0.01  # seconds
FIN_SENT_AND_HEARD = ("CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED")


# --- packets -----------------------------------------------------------------------------------


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Packet:
    """An IP packet on the wire. `to_server` is its direction; of a TCP segment also its header."""

    def __init__(self, data, to_server):
        self.data, self.to_server = data, to_server
        self.v6 = data[0] >> 4 == 6
        header = 40 if self.v6 else (data[0] & 15) * 4
        self.is_tcp = (data[6] if self.v6 else data[9]) == socket.IPPROTO_TCP
        self.flags = self.payload = self.seq = self.ack = 0
        if self.is_tcp:
            tcp = data[header:]
            self.ports = struct.unpack_from("!HH", tcp)
            self.seq, self.ack, offset, self.flags = struct.unpack_from("!IIBB", tcp, 4)
            self.payload = len(tcp) - (offset >> 4) * 4

    def is_(self, flags):
        """Whether exactly these of SYN, FIN, RST and ACK are set."""
        return self.is_tcp and self.flags & (SYN | FIN | RST | ACK) == flags

    def addresses(self):
        return (self.data[8:24], self.data[24:40]) if self.v6 else (self.data[12:16], self.data[16:20])

    def after_hops(self):
        """The same, some routers further on."""
        data = bytearray(self.data)
        if self.v6:
            data[7] -= HOPS
        else:
            data[8] -= HOPS
            data[10:12] = b"\0\0"
            data[10:12] = struct.pack("!H", checksum(bytes(data[:(data[0] & 15) * 4])))
        return bytes(data)


def ipv4(source, target, protocol, payload, ttl=64):
    header = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, ttl, protocol, 0, source, target))
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    return bytes(header) + payload


def segment_like(packet, flags, seq, ack=0, backwards=False, payload=b""):
    """A made-up IPv4 segment with the addresses of `packet`, in its direction or the other."""
    source, target = packet.addresses()[::-1] if backwards else packet.addresses()
    ports = packet.ports[::-1] if backwards else packet.ports
    tcp = bytearray(struct.pack("!HHIIBBHHH", *ports, seq % 2**32, ack % 2**32, 5 << 4, flags, 1000, 0, 0)) + payload
    pseudo = source + target + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp[16:18] = struct.pack("!H", checksum(pseudo + bytes(tcp)))
    return ipv4(source, target, socket.IPPROTO_TCP, bytes(tcp))


def icmp_error(packet, kind, code, mtu=0, router=bytes((10, 77, 0, 254))):
    """What a router on the way says of `packet`."""
    body = bytearray(struct.pack("!BBHHH", kind, code, 0, 0, mtu)) + packet.data[:28]
    body[2:4] = struct.pack("!H", checksum(bytes(body)))
    return ipv4(router, packet.addresses()[0], socket.IPPROTO_ICMP, bytes(body))


# --- captures ----------------------------------------------------------------------------------


class CaptureFile:
    """A classic capture with nanoseconds."""

    def __init__(self, path, link_type):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type))
        self.path = path

    def add(self, nanoseconds, data):
        self.file.write(struct.pack("<IIII", nanoseconds // 10**9, nanoseconds % 10**9, len(data), len(data)) + data)

    def close(self):
        self.file.close()


class Tap:
    """Writes down what passes an interface of the namespace that it is made in."""

    def __init__(self, interface, path, link_type):
        self.to = CaptureFile(path, link_type)
        self.sniffer = lab.Sniffer(interface, lambda frame, _, nanoseconds: self.to.add(nanoseconds, frame))

    def stop(self):
        self.sniffer.stop()
        self.to.close()


# --- the wire ----------------------------------------------------------------------------------


class Wire(threading.Thread):
    """Carries packets between two TUN devices. `rules` are asked in turn what becomes of one: None is
    no answer, else a list of delays in seconds, one for each copy that arrives."""

    def __init__(self, client_end, server_end, path):
        super().__init__(daemon=True)
        self.ends = (client_end, server_end)
        self.middle = CaptureFile(path, LINKTYPE_RAW)
        self.rules, self.delays, self.seen = [], (ONE_WAY, ONE_WAY), []
        self.due, self.count, self.ended = [], 0, False
        self.lock = threading.Lock()
        self.start()

    def run(self):
        while not self.ended:
            wait = min(0.02, max(0, self.due[0][0] - time.monotonic())) if self.due else 0.02
            for end in select.select(self.ends, [], [], wait)[0]:
                self.take(Packet(os.read(end, 65536), end == self.ends[0]))
            with self.lock:
                while self.due and self.due[0][0] <= time.monotonic():
                    _, _, end, data = heapq.heappop(self.due)
                    with contextlib.suppress(OSError):
                        os.write(end, data)

    def take(self, packet):
        if packet.v6 and not packet.is_tcp:
            return  # neighbour discovery and the like
        self.middle.add(time.time_ns(), packet.data)
        self.seen.append(packet)
        answers = (rule(packet) for rule in self.rules)
        delays = next((answer for answer in answers if answer is not None), (self.delays[not packet.to_server],))
        for delay in delays:
            self.put(packet.after_hops(), packet.to_server, delay)

    def put(self, data, to_server, delay=ONE_WAY, shown=False):
        """Lets something arrive; `shown` to the capture in the middle, where somebody there made it up."""
        if shown:
            self.middle.add(time.time_ns(), data)
        with self.lock:
            self.count += 1
            heapq.heappush(self.due, (time.monotonic() + delay, self.count, self.ends[to_server], data))

    def drop(self, wanted, count=10**9):
        """The first `count` that are wanted are lost; the rule, for `rules.remove`."""
        left = [count]

        def rule(packet):
            if left[0] > 0 and wanted(packet):
                left[0] -= 1
                return ()
            return None
        self.rules.append(rule)
        return rule

    def last(self, wanted):
        return next(packet for packet in reversed(self.seen) if wanted(packet))

    def stop(self):
        self.ended = True
        self.join()
        self.middle.close()


# --- hosts -------------------------------------------------------------------------------------


class Host:
    """A network namespace, for as long as the test lives."""

    def __init__(self, home):
        self.home = home
        if os.geteuid() != 0 or lab._libc.unshare(CLONE_NEWNET) != 0:
            lab.skip("needs root for network namespaces")
        self.namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        lab.run("ip", "link", "set", "lo", "up")
        # The tracer lists the namespaces that a process is in.
        self.inhabitant = subprocess.Popen(["sleep", "300"])
        self.leave()

    def end(self):
        self.inhabitant.terminate()
        self.inhabitant.wait()

    def leave(self):
        lab._libc.setns(self.home, CLONE_NEWNET)

    @contextlib.contextmanager
    def inside(self):
        lab._libc.setns(self.namespace, CLONE_NEWNET)
        try:
            yield self
        finally:
            self.leave()

    def option(self, name, value):
        with self.inside():
            lab.option(name, value)

    def run(self, *command):
        with self.inside():
            return lab.run(*command)

    def make_socket(self, family=socket.AF_INET, protocol=0):
        with self.inside():
            return socket.socket(family, socket.SOCK_STREAM, protocol)

    def listen(self, address, port=8080, backlog=16, family=socket.AF_INET, protocol=0):
        server = self.make_socket(family, protocol)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(backlog)
        return server


class Network:
    """10.77.0.1 and fd77::1 are the client, 10.77.0.2 and fd77::2 the server."""

    CLIENT, SERVER, CLIENT6, SERVER6 = "10.77.0.1", "10.77.0.2", "fd77::1", "fd77::2"

    def __init__(self, folder):
        self.folder = folder
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.client, self.server = Host(home), Host(home)
        client_end = self.plug(self.client, self.CLIENT, self.CLIENT6)
        server_end = self.plug(self.server, self.SERVER, self.SERVER6)
        self.taps = {}
        for name, host in (("client", self.client), ("server", self.server)):
            with host.inside():
                self.taps[name] = Tap("tun0", folder / f"{name}.pcap", LINKTYPE_RAW)
        self.wire = Wire(client_end, server_end, folder / "middle.pcap")

    @staticmethod
    def plug(host, address, address6):
        with host.inside():
            end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
            lab.option("net.ipv6.conf.tun0.accept_dad", 0)
            lab.option("net.ipv6.conf.tun0.router_solicitations", 0)
            lab.run("ip", "address", "add", f"{address}/24", "dev", "tun0")
            lab.run("ip", "-6", "address", "add", f"{address6}/64", "dev", "tun0", "nodad")
            lab.run("ip", "link", "set", "tun0", "up", "mtu", "1500")
        return end

    def capture_loopback(self, host):
        """Where the scene is on one host."""
        with host.inside():
            self.taps["loopback"] = Tap("lo", self.folder / "loopback.pcap", LINKTYPE_ETHERNET)

    def connect(self, server, port=0, before=None):
        """A connection to `server`, accepted: (client, accepted)."""
        client = self.begin(server, port, before)
        client.setblocking(True)
        wait(client, select.POLLOUT)
        accepted, _ = server.accept()
        return client, accepted

    def begin(self, server, port=0, before=None):
        """A connect() that is under way."""
        client = self.client.make_socket(server.family, server.proto)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port:
            client.bind((self.CLIENT, port))
        if before:
            before(client)
        client.setblocking(False)
        client.connect_ex(server.getsockname()[:2])
        return client

    def stop(self):
        self.wire.stop()
        for tap in self.taps.values():
            tap.stop()
        return {path.stem: path for path in sorted(self.folder.glob("*.pcap"))}


def wait(sock, events, seconds=20):
    poll = select.poll()
    poll.register(sock, events)
    if not poll.poll(seconds * 1000):
        sys.exit("FAILED: the scene did not get on")


def received(sock, size):
    """So many bytes, or fewer where the stream ends."""
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            break
        data += part
    return data


# --- what the kernel went through --------------------------------------------------------------


class Truth:
    """`tcpdx trace` of these hosts, while it is entered. Other tests may use the same addresses."""

    def __init__(self, *hosts):
        self.namespaces = {os.fstat(host.namespace).st_ino for host in hosts}

    def __enter__(self):
        self.process = subprocess.Popen(
            [lab.program(), "trace", "--json", "--details", "--all-netns", "--lang", "en"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = [json.loads(self.process.stdout.readline() or "{}")]
        if not self.lines[0]:
            sys.exit(f"FAILED: no trace: {self.process.stderr.read()}")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def read(self):
        for line in self.process.stdout:
            line = json.loads(line)
            if line.get("netns_inode") in self.namespaces:
                self.lines.append(line)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.reader.join(10)
        complaint = self.process.stderr.read()
        self.process.wait(10)
        if "without events" in complaint.lower() or "loading the tracer" in complaint:
            lab.skip("BPF is not usable here")

    def timelines(self):
        """[{local, remote, states: [[seconds, name]], retransmissions}], as in the corpus."""
        lives, numbered = collections.defaultdict(list), {}
        for line in self.lines:
            if line["type"] in ("step", "detail") and {"connection", "remote_port", "local_port"} <= line.keys():
                numbered[line["connection"]] = (address(line, "local"), address(line, "remote"))
        repeated = collections.Counter()
        for line in self.lines:
            number = line.get("connection")
            if number not in numbered:
                continue
            if line["type"] == "detail" and line["what"] in ("retransmission", "syn-ack-repeated"):
                repeated[numbered[number]] += 1
            if line["type"] != "step":
                continue
            if line.get("flaw") == "steps-missed":
                raise Unseen(line)
            since = "" if "time_earliest_us" not in line else " (sampled)"
            if line["to"] == "ESTABLISHED" and line.get("from") == "LISTEN":
                # The state that a SYN cookie stands for.
                lives[number].append([line["time_us"] / 1e6, "SYN-RECEIVED (sampled)"])
            lives[number].append([line["time_us"] / 1e6, line["to"] + since])
        ends = collections.defaultdict(list)
        # The last first: the kernel takes a TIME-WAIT away when the next life has begun.
        for number, states in sorted(lives.items(), key=lambda life: -life[1][0][0]):
            following = ends[numbered[number]]
            latest = following[0][0] if following else float("inf")
            following[:0] = [[min(when, latest), state] for when, state in states]
        return [{"local": local, "remote": remote, "states": told_once(states),
                 "retransmissions": repeated[local, remote]}
                for (local, remote), states in ends.items()]

    def waits(self):
        """For a TIME-WAIT behind FIN-WAIT-2 that no event tells of: it is looked for now and then."""
        ends = {(end["local"], end["remote"]): end["states"][-1][1] for end in self.timelines()}
        return any(state.startswith("FIN-WAIT-2") and ends.get(end[::-1]) in FIN_SENT_AND_HEARD
                   for end, state in ends.items())


def told_once(states):
    """FIN-WAIT-2 not again when its mini-socket takes over."""
    return [state for before, state in zip([[0, ""], *states], states)
            if before[1].partition(" ")[0] != state[1].partition(" ")[0]]


def address(line, side):
    host, port = line[f"{side}_address"], line[f"{side}_port"]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
