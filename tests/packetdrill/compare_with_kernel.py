#!/usr/bin/env python3
"""Plays the same segments and calls at the kernel, through a TUN device, and at the endpoint, and says
where their answers differ: compare_with_kernel.py LIBRARY [--flags F] [--cases N] [--seed S] [--steps N]
[--mix data].

Needs root. All of it happens in a network namespace of its own, in which the kernel is told not to
limit its answers, and to use Reno without tail loss probes. Every case is a connection in one of the
states, at which some steps are then thrown; cases go side by side, step by step, with a pause after each
in which delayed acknowledgments come.
"""

import argparse
import collections
import ctypes as c
import errno
import fcntl
import os
import random
import select
import socket
import struct
import subprocess
import time

from stack_library import StackLibrary

LOCAL, REMOTE = "192.168.0.1", "192.0.2.1"
MASK = 0xFFFFFFFF
STALE = 5000  # how much older than the others a timestamp is, at times
PAUSE = 0.06
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
FIRST_PORT = 10000
SYSCTLS = ["tcp_invalid_ratelimit=0", "tcp_early_retrans=0", "tcp_congestion_control=reno",
           "tcp_syncookies=0", "tcp_max_syn_backlog=4096", "ip_local_port_range=60000 60999",
           "tcp_rfc1337=0"]


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(port, flags, sequence, acknowledgment, window, options, length):
    options += b"\1" * (-len(options) % 4)
    segment = struct.pack("!HHIIBBHHH", 40123, port, sequence & MASK, acknowledgment & MASK,
                          (20 + len(options)) // 4 << 4, flags, window, 0, 0)
    segment += options + b"x" * length
    pseudo = socket.inet_aton(REMOTE) + socket.inet_aton(LOCAL) + struct.pack("!HH", 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0,
                         socket.inet_aton(REMOTE), socket.inet_aton(LOCAL))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment


Reply = collections.namedtuple("Reply", "flags sequence length acknowledgment sack")


def parse_options(data):
    """The SACK blocks and the timestamp value."""
    sack, stamp = [], None
    while data and data[0] != 0:
        if data[0] == 1:
            data = data[1:]
            continue
        body, kind, data = data[2:data[1]], data[0], data[data[1]:]
        if kind == 5:
            edges = struct.unpack(f"!{len(body) // 4}I", body)
            sack = list(zip(edges[::2], edges[1::2]))
        elif kind == 8:
            stamp = struct.unpack("!II", body)[0]
    return sack, stamp


class Side:
    """One of the two stacks; `call` as in the shared-object interface."""

    def __init__(self):
        self.isn, self.fds, self.stamp = {}, {}, {}

    def take(self, packet, irs, sink):
        if packet[0] >> 4 != 4 or packet[9] != 6:
            return
        segment = packet[20:struct.unpack_from("!H", packet, 2)[0]]
        (port, peer, sequence, acknowledgment, offset, flags, _, _, _) = struct.unpack(
            "!HHIIBBHHH", segment[:20])
        if peer not in (40123, 1):
            return
        header = (offset >> 4) * 4
        sack, stamp = parse_options(segment[20:header])
        if stamp is not None:
            self.stamp[port] = stamp
        if flags & SYN:
            self.isn[port] = sequence
        base = self.isn.get(port, 0)
        if flags & SYN or (flags & RST and sequence == 0):
            base = sequence  # a number of its own, which may differ
        relative_ack = (acknowledgment - irs) & MASK if flags & ACK else 0
        sink.replies[id(self), port].append(
            Reply(flags & ~PSH, (sequence - base) & MASK, len(segment) - header, relative_ack,
                  tuple((((left - irs) & MASK), (right - irs) & MASK) for left, right in sack)))


class Kernel(Side):
    def __init__(self):
        super().__init__()
        os.unshare(os.CLONE_NEWNET) if hasattr(os, "unshare") else c.CDLL(None).unshare(0x40000000)
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tun, 0x400454CA, struct.pack("16sH22x", b"tun0", 0x1001))
        for command in (f"ip addr add {LOCAL}/32 dev tun0", "ip link set lo up",
                        "ip link set tun0 up", "ip route add 192.0.2.0/24 dev tun0"):
            subprocess.run(command.split(), check=True)
        for setting in SYSCTLS:
            name, value = setting.split("=")
            with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
                file.write(value)
        self.library = c.CDLL(None, use_errno=True)

    def call(self, name, *arguments):
        c.set_errno(0)
        function = getattr(self.library, name)
        function.restype = c.c_ssize_t if name in ("recv", "send") else c.c_int
        return function(*arguments), c.get_errno()

    def inject(self, packet):
        os.write(self.tun, packet)

    def collect(self):
        end = time.monotonic() + PAUSE
        while (left := end - time.monotonic()) > 0:
            if select.select([self.tun], [], [], left)[0]:
                yield os.read(self.tun, 70000)


class Endpoint(Side):
    def __init__(self, library, flags):
        super().__init__()
        self.stack = StackLibrary(library, f"local4={LOCAL},clock=virtual,{flags}")
        self.now = self.stack.now()

    def call(self, name, *arguments):
        return self.stack.call(name, *arguments)

    def inject(self, packet):
        self.stack.inject(packet)

    def collect(self):
        self.stack.sleep(int(PAUSE * 1e6))
        # The last packet on the wire is the answer to one that nobody waits for.
        self.stack.inject(MARKER)
        while (sniffed := self.stack.sniff())[0][22:24] != b"\0\2":
            yield sniffed[0]


def marker():
    segment = struct.pack("!HHIIBBHHH", 2, 3, 0, 0, 5 << 4, SYN, 0, 0, 0)
    pseudo = socket.inet_aton(REMOTE) + socket.inet_aton(LOCAL) + struct.pack("!HH", 6, 20)
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, socket.inet_aton(REMOTE),
                         socket.inet_aton(LOCAL))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment


MARKER = marker()
SYN_OPTIONS = {"plain": b"\2\4\5\xb4", "sack": b"\2\4\5\xb4\4\2\1\1",
               "ts": b"\2\4\5\xb4\4\2\x08\x0a", "scaled": b"\2\4\5\xb4\1\3\3\7"}
OPEN = [("socket",), ("bind",), ("listen",), ("in", SYN, 0, 0, 0), ("in", ACK, 1, 0, 1), ("accept",)]
ACTIVE = [("socket",), ("bind",), ("connect",)]
START = {
    "LISTEN": [("socket",), ("bind",), ("listen",)],
    "SYN_SENT": ACTIVE,
    "SYN_RECEIVED": OPEN[:4],
    "SYN_RECEIVED active": ACTIVE + [("in", SYN, 0, 0, 0)],
    "ESTABLISHED": OPEN,
    "ESTABLISHED active": ACTIVE + [("in", SYN | ACK, 0, 0, 1)],
    "CLOSE_WAIT": OPEN + [("in", FIN | ACK, 1, 0, 1)],
    "LAST_ACK": OPEN + [("in", FIN | ACK, 1, 0, 1), ("shutdown", 1)],
    "LAST_ACK closed": OPEN + [("in", FIN | ACK, 1, 0, 1), ("close",)],
    "FIN_WAIT1": OPEN + [("shutdown", 1)],
    "FIN_WAIT1 closed": OPEN + [("close",)],
    "FIN_WAIT2": OPEN + [("shutdown", 1), ("in", ACK, 1, 0, 2)],
    "FIN_WAIT2 closed": OPEN + [("close",), ("in", ACK, 1, 0, 2)],
    "CLOSING": OPEN + [("shutdown", 1), ("in", FIN | ACK, 1, 0, 1)],
    "CLOSING closed": OPEN + [("close",), ("in", FIN | ACK, 1, 0, 1)],
    "TIME_WAIT": OPEN + [("shutdown", 1), ("in", ACK, 1, 0, 2), ("in", FIN | ACK, 1, 0, 2)],
    "TIME_WAIT closed": OPEN + [("close",), ("in", FIN | ACK, 1, 0, 2)],
}
CALLS = [("read", 50), ("read", 5000), ("peek", 100), ("write", 10), ("write", 2000), ("shutdown", 0),
         ("shutdown", 1), ("shutdown", 2), ("close",), ("poll",), ("error",), ("state",), ("inq",),
         ("outq",), ("connect",), ("accept",), ("wait",), ("linger",)]


class Case:
    def __init__(self, port, state, options, rng, steps, mix):
        self.port, self.state, self.rng = port, state, rng
        self.options = options
        self.irs = rng.choice([1000, 0xFFFFFF80, 0x7FFFFF80])
        self.steps = list(START[state])
        self.random_steps, self.mix = steps, mix
        self.sequence, self.acknowledgment = 1, 1  # what the kernel expects, and has sent
        self.log, self.difference = [], None
        self.sent, self.syns = [0, 0], set()
        self.clock = 1000

    def next_step(self):
        if self.steps:
            return self.steps.pop(0)
        if self.random_steps == 0 or self.difference:
            return None
        self.random_steps -= 1
        rng = self.rng
        if self.mix == "data":
            return self.next_data()
        if rng.random() < 0.4:
            return rng.choice(CALLS)
        flags = rng.choice([ACK] * 6 + [ACK | FIN] * 3 + [SYN, SYN | ACK, RST, RST | ACK, 0, FIN, ACK | PSH,
                                                         SYN | FIN, SYN | RST, FIN | RST])
        offset = rng.choice([0] * 8 + [1, -1, 100, 200, -100, 300, 64239, 64240, 70000, -70000])
        length = rng.choice([0] * 4 + [1, 100, 100, 200, 1000])
        ack = rng.choice([0] * 8 + [-1, 1, 2, -10, 70000, -70000])
        if flags & SYN:
            length = rng.choice([0, 0, 0, 10])
        step = ("in", flags, self.sequence + offset, length,
                self.acknowledgment + ack if flags & ACK else 0)
        stale = self.options == "ts" and rng.random() < 0.1
        return step + (STALE,) if stale else step

    def next_data(self):
        """Pieces of a short stream, in any order, overlapping and again; and reads in between."""
        rng = self.rng
        if rng.random() < 0.15:
            return rng.choice([("read", 50), ("read", 5000), ("peek", 100), ("inq",)])
        begin = rng.randrange(0, 20) * 50
        length = rng.choice([50, 50, 100, 150, 300, 500])
        fin = 0
        if begin + length >= 1000:
            length, fin = 1000 - begin, FIN if rng.random() < 0.3 else 0
        return ("in", ACK | fin, 1 + begin, length, self.acknowledgment)

    def note(self, replies):
        for reply in replies:
            if reply.flags & RST:
                continue
            if reply.flags & ACK and reply.acknowledgment < 1 << 31:
                self.sequence = reply.acknowledgment
            end = reply.sequence + reply.length + bool(reply.flags & SYN) + bool(reply.flags & FIN)
            if end < 1 << 20:
                self.acknowledgment = max(self.acknowledgment, end)


def perform(side, case, step):
    """Carries out a step; what a call said, comparable between the sides."""
    port = case.port
    fd = side.fds.get(port, -1)
    name = step[0]
    local = struct.pack("!HH4s8x", socket.htons(2), port, socket.inet_aton(LOCAL))
    remote = struct.pack("!HH4s8x", socket.htons(2), 40123, socket.inet_aton(REMOTE))

    def result(pair):
        return pair[0] if pair[0] >= 0 else errno.errorcode.get(pair[1], pair[1])

    if name == "in":
        _, flags, sequence, length, acknowledgment, *stale = step
        options = b""
        if flags & SYN:
            options = SYN_OPTIONS[case.options]
        if case.options == "ts":
            stamp = struct.pack("!II", (case.clock - sum(stale)) & MASK,
                                side.stamp.get(port, 0) if flags & ACK else 0)
            options = options + stamp if flags & SYN else b"\1\1\x08\x0a" + stamp
        isn = side.isn.get(port, 0)
        side.inject(datagram(port, flags, case.irs + sequence,
                             isn + acknowledgment if flags & ACK else 0, 65535, options, length))
        return None
    if name == "socket":
        side.fds[port] = side.call("socket", 2, 1 | 0o4000, 6)[0]
        one = c.byref(c.c_int(1))
        side.call("setsockopt", side.fds[port], 1, 2, one, 4)
        if case.options == "ts" and isinstance(side, Endpoint):
            # The kernel's first window is a multiple of what a segment then holds.
            side.call("setsockopt", side.fds[port], 1, 8, c.byref(c.c_int(65160)), 4)
        return None
    if name == "bind":
        return result(side.call("bind", fd, local, 16))
    if name == "listen":
        return result(side.call("listen", fd, 5))
    if name == "connect":
        return result(side.call("connect", fd, remote, 16))
    if name == "accept":
        got = side.call("accept", fd, None, None)
        if got[0] >= 0:
            side.lost.append(fd)
            side.fds[port] = got[0]
            flags = side.call("fcntl", got[0], 4, 0o4000)
            return ("accepted", result(flags))
        return result(got)
    if name in ("read", "peek"):
        room = c.create_string_buffer(step[1])
        return result(side.call("recv", fd, room, step[1], 2 if name == "peek" else 0))
    if name == "write":
        return result(side.call("send", fd, b"y" * step[1], step[1], 0x4000))
    if name == "shutdown":
        return result(side.call("shutdown", fd, step[1]))
    if name == "close":
        side.fds[port] = 1000000
        return result(side.call("close", fd))
    if name == "linger":
        return result(side.call("setsockopt", fd, 1, 13, struct.pack("ii", 1, 0), 8))
    if name == "poll":
        room = c.create_string_buffer(struct.pack("ihh", fd, 0x2005, 0), 8)
        return (result(side.call("poll", room, 1, 0)), struct.unpack("ihh", room.raw)[2])
    if name in ("error", "state"):
        room, size = c.create_string_buffer(256), c.c_uint(256)
        got = side.call("getsockopt", fd, *((1, 4) if name == "error" else (6, 11)), room,
                        c.byref(size))
        return (result(got), struct.unpack("i", room.raw[:4])[0] if name == "error" else room.raw[0])
    if name in ("inq", "outq"):
        number = c.c_int(-1)
        got = side.call("ioctl", fd, 0x541B if name == "inq" else 0x5411, c.byref(number))
        return (result(got), number.value)
    return None


class Sink:
    def __init__(self):
        self.replies = collections.defaultdict(list)


def show(reply):
    letters = "".join(letter for bit, letter in zip((1, 2, 4, 16, 32), "FSR.U") if reply.flags & bit)
    sack = " sack " + " ".join(f"{a}:{b}" for a, b in reply.sack) if reply.sack else ""
    return (f"{letters} {reply.sequence}:{reply.sequence + reply.length}({reply.length}) "
            f"ack {reply.acknowledgment}{sack}")


def show_step(step):
    if step[0] != "in":
        return f"{step[0]}({', '.join(map(str, step[1:]))})"
    _, flags, sequence, length, acknowledgment, *stale = step
    return "< " + show(Reply(flags, sequence, length, acknowledgment, ())) + " stale" * len(stale)


def compare(case, step, answers, replies):
    def without_repeats(side, got):
        """Retransmissions come when they come."""
        news = []
        for reply in got:
            end = reply.sequence + reply.length + bool(reply.flags & (SYN | FIN))
            if end != reply.sequence:
                if end <= case.sent[side] and not reply.flags & SYN:
                    continue
                if reply.flags & SYN and (side, reply.flags) in case.syns:
                    continue
                case.syns.add((side, reply.flags if reply.flags & SYN else 0))
                case.sent[side] = end
            news.append(reply)
        return news

    kernel, endpoint = (without_repeats(i, got) for i, got in enumerate(replies))
    line = show_step(step)
    if answers[0] is not None:
        line += f" = {answers[0]}"
    case.log.append(line)
    case.log += [f"    > {show(reply)}" for reply in kernel]
    if answers[0] != answers[1] or kernel != endpoint:
        case.difference = (f"{case.state} ({case.options}): {show_step(step)}: kernel {answers[0]} "
                           f"{[show(r) for r in kernel]}, endpoint {answers[1]} "
                           f"{[show(r) for r in endpoint]}")
    case.note(kernel)


def run_batch(sides, cases):
    irs = {case.port: case.irs for case in cases}
    running = True
    while running:
        running = False
        sink = Sink()
        steps = {}
        for case in cases:
            step = None if case.difference else case.next_step()
            if step is not None:
                case.clock += 60
                steps[case.port] = (step, [perform(side, case, step) for side in sides])
                running = True
        for side in sides:
            for packet in side.collect():
                port = struct.unpack_from("!H", packet, 20)[0]
                if port in irs:
                    side.take(packet, irs[port], sink)
        for case in cases:
            if case.port in steps:
                step, answers = steps[case.port]
                compare(case, step, answers, [sink.replies[id(side), case.port] for side in sides])
            elif not case.difference:
                compare(case, ("wait",), [None, None],
                        [sink.replies[id(side), case.port] for side in sides])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--flags", default="profile=linux,rcvbuf=64240")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state")
    parser.add_argument("--mix", choices=["all", "data"], default="all")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    sides = [Kernel(), Endpoint(arguments.library, arguments.flags)]
    for side in sides:
        side.lost = []
    found = collections.defaultdict(list)
    states = [s for s in START if arguments.state is None or s == arguments.state]
    total, port = 0, FIRST_PORT
    while total < arguments.cases:
        count = min(200, arguments.cases - total)
        cases = [Case(port + i, rng.choice(states), rng.choice(["plain", "sack", "ts", "scaled"]),
                      random.Random(rng.random()), arguments.steps, arguments.mix) for i in range(count)]
        run_batch(sides, cases)
        total, port = total + count, port + count
        for case in cases:
            if case.difference:
                found[case.difference].append(case)
    for difference, cases in sorted(found.items()):
        print(difference)
        if arguments.verbose:
            print("\n".join("        " + line for line in cases[0].log))
    print(f"{total - sum(map(len, found.values()))} of {total} cases alike")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
