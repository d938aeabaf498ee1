#!/usr/bin/env python3
"""Runs scenario files in packetdrill's notation against libtcpdx_packetdrill.so, with its virtual
clock: run_scenario.py LIBRARY FILE...

One thread injects and sniffs, another makes the calls that block, as packetdrill does it.
"""

import ctypes as c
import errno
import pathlib
import queue
import re
import socket
import struct
import sys
import threading
import time

from packet_script import Call, Icmp, ScriptError, parse_script
from stack_library import StackLibrary

LOCAL, REMOTE = "192.168.0.1", "192.0.2.1"
LOCAL_PORT, REMOTE_PORT = 8080, 40123
TOLERANCE = 4000
REMOTE_ISN = 0xFFFFFF00  # so that every scenario sees it wrap
MASK = 0xFFFFFFFF

CONSTANTS = {name: getattr(socket, name) for name in dir(socket)
             if re.match(r"(AF|SOCK|IPPROTO|SO|SOL|TCP|MSG|SHUT|IP)_", name)}
CONSTANTS |= {"F_GETFL": 3, "F_SETFL": 4, "O_RDWR": 2, "O_NONBLOCK": 0o4000, "SOL_TCP": 6,
              "POLLIN": 1, "POLLOUT": 4, "POLLPRI": 2, "POLLERR": 8, "POLLHUP": 16, "POLLRDHUP": 0x2000,
              "SIOCINQ": 0x541B, "FIONREAD": 0x541B, "SIOCOUTQ": 0x5411, "SIOCOUTQNSD": 0x894B,
              "SIOCATMARK": 0x8905}
TCP_STATES = {"TCP_ESTABLISHED": 1, "TCP_SYN_SENT": 2, "TCP_SYN_RECV": 3, "TCP_FIN_WAIT1": 4,
              "TCP_FIN_WAIT2": 5, "TCP_TIME_WAIT": 6, "TCP_CLOSE": 7, "TCP_CLOSE_WAIT": 8,
              "TCP_LAST_ACK": 9, "TCP_LISTEN": 10, "TCP_CLOSING": 11}


class Mismatch(Exception):
    pass


def expect(what, wanted, got):
    if wanted != got:
        raise Mismatch(f"{what}: expected {wanted}, got {got}")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, size):
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", 6, size)


def ip_header(protocol, source, destination, size, traffic_class=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, traffic_class, 20 + size, 0, 0, 64, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def value_of(text):
    return sum_of_flags(text) if "|" in text else CONSTANTS.get(text, None) \
        if text in CONSTANTS else TCP_STATES[text] if text in TCP_STATES else int(text, 0)


def sum_of_flags(text):
    result = 0
    for part in text.split("|"):
        result |= value_of(part.strip())
    return result


class Run:
    def __init__(self, library, flags, events):
        everything = ",".join(filter(None, [f"local4={LOCAL}", "clock=virtual", flags]))
        self.stack = StackLibrary(library, everything)
        self.events = events
        self.descriptors = {}  # the script's number -> the real one
        self.local_isn = None
        self.local_port = LOCAL_PORT
        self.remote_port = REMOTE_PORT
        self.timestamps = {}   # the script's value -> the stack's
        self.work, self.done = queue.Queue(), queue.Queue()
        self.blocked = None
        threading.Thread(target=self.worker, daemon=True).start()

    # ---- time

    def run(self):
        self.start = self.stack.now()
        previous = 0
        for event in self.events:
            try:
                previous = self.run_event(event, previous)
            except (Mismatch, ScriptError) as problem:
                raise Mismatch(f"line {event.line}: {problem}") from problem
        self.finish_blocked()
        self.stack.free()

    def live(self):
        return self.stack.now() - self.start

    def run_event(self, event, previous):
        base = previous if event.relative else 0
        due = None if event.time is None else base + event.time
        latest = due if event.latest is None else base + event.latest
        if isinstance(event.what, Call):
            if due is not None:
                self.stack.sleep(due - self.live())
            until = event.what.blocks_until
            self.call(event.what, None if until is None else base + until)
            return self.live() if due is None else due
        if isinstance(event.what, Icmp) or event.what.inbound:
            if due is not None:
                self.stack.sleep(due - self.live())
            if isinstance(event.what, Icmp):
                self.inject_icmp(event.what)
            else:
                self.inject(event.what)
            return self.live() if due is None else due
        sent_at = self.check_outbound(event.what)
        if due is not None and not due - TOLERANCE <= sent_at <= latest + TOLERANCE:
            raise Mismatch(f"sent at {sent_at / 1e6:.6f}, expected at {due / 1e6:.6f}"
                           + (f" to {latest / 1e6:.6f}" if latest != due else ""))
        return sent_at if due is None or event.latest is not None else due

    # ---- packets

    def inject(self, packet):
        options = b"".join(self.encode(option) for option in packet.options or [])
        options += b"\0" * (-len(options) % 4)
        acknowledgment = 0
        if packet.acknowledgment is not None:
            acknowledgment = ((self.local_isn or 0) + packet.acknowledgment) & MASK
        header = struct.pack("!HHIIBBHHH", self.remote_port, self.local_port,
                             (REMOTE_ISN + packet.sequence) & MASK, acknowledgment,
                             (20 + len(options)) // 4 << 4, packet.flags, packet.window or 0, 0,
                             packet.urgent)
        segment = header + options + b"\0" * packet.length
        sum_ = checksum(pseudo_header(REMOTE, LOCAL, len(segment)) + segment)
        segment = segment[:16] + struct.pack("!H", sum_) + segment[18:]
        self.stack.inject(ip_header(6, REMOTE, LOCAL, len(segment), packet.ecn or 0) + segment)

    def inject_icmp(self, icmp):
        quoted = ip_header(6, LOCAL, REMOTE, 40)
        quoted += struct.pack("!HHI", self.local_port, self.remote_port,
                              ((self.local_isn or 0) + icmp.sequence) & MASK)
        message = struct.pack("!BBHHH", icmp.type, icmp.code, 0, 0, icmp.mtu) + quoted
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        self.stack.inject(ip_header(1, REMOTE, LOCAL, len(message)) + message)

    def encode(self, option):
        match option:
            case ("mss", size):
                return struct.pack("!BBH", 2, 4, size)
            case ("wscale", shift):
                return struct.pack("!BBB", 3, 3, shift)
            case ("sackOK",):
                return b"\x04\x02"
            case ("nop",):
                return b"\x01"
            case ("eol",):
                return b"\x00"
            case ("raw", data):
                return data
            case ("TS", value, echo):
                return struct.pack("!BBII", 8, 10, value, self.timestamps.get(echo, echo))
            case ("sack", blocks):
                edges = [((self.local_isn or 0) + edge) & MASK for block in blocks for edge in block]
                return struct.pack(f"!BB{len(edges)}I", 5, 2 + 4 * len(edges), *edges)
        raise ScriptError(f"cannot write option {option}")

    def check_outbound(self, packet):
        sniffed = self.stack.sniff()
        if sniffed is None:
            raise Mismatch("no packet, and none will come")
        datagram, sent_at = sniffed
        segment = datagram[20:]
        expect("IP checksum", 0, checksum(datagram[:20]))
        expect("TCP checksum", 0, checksum(pseudo_header(LOCAL, REMOTE, len(segment)) + segment))
        (source, _, sequence, acknowledgment, offset, flags, window, _,
         urgent) = struct.unpack("!HHIIBBHHH", segment[:20])
        header = (offset >> 4) * 4
        if flags & 2 and (self.local_isn is None or packet.sequence == 0):
            self.local_isn = sequence
            self.local_port = source
        isn = self.local_isn or 0
        got = self.describe(flags, sequence, len(segment) - header, acknowledgment, window)
        wanted_flags = packet.flags
        try:
            expect("flags", wanted_flags, flags)
            expect("sequence", packet.sequence, (sequence - isn) & MASK)
            expect("length", packet.length, len(segment) - header)
            if packet.acknowledgment is not None:
                # What is answered from nowhere is not about this connection's numbers.
                expect("ack", packet.acknowledgment, (acknowledgment - REMOTE_ISN) & MASK)
            if packet.window is not None:
                expect("win", packet.window, window)
            expect("urg", packet.urgent, urgent)
            if packet.options is not None:
                self.check_options(packet.options, segment[20:header])
            if packet.ecn is not None:
                expect("ecn", packet.ecn, datagram[1] & 3)
        except Mismatch as problem:
            raise Mismatch(f"{problem}; the packet was {got} at {sent_at - self.start}") from None
        return sent_at - self.start

    def describe(self, flags, sequence, length, acknowledgment, window):
        letters = "".join(letter for bit, letter in zip((1, 2, 4, 8, 16, 32, 64, 128), "FSRP.UEW")
                          if flags & bit)
        first = (sequence - (self.local_isn or 0)) & MASK
        return (f"{letters} {first}:{first + length}({length}) "
                f"ack {(acknowledgment - REMOTE_ISN) & MASK} win {window}")

    def check_options(self, wanted, data):
        got = []
        while data:
            kind = data[0]
            if kind in (0, 1):
                got.append(("eol",) if kind == 0 else ("nop",))
                data = data[1:]
                continue
            body, data = data[2:data[1]], data[data[1]:]
            if kind == 2:
                got.append(("mss", struct.unpack("!H", body)[0]))
            elif kind == 3:
                got.append(("wscale", body[0]))
            elif kind == 4:
                got.append(("sackOK",))
            elif kind == 8:
                got.append(("TS", *struct.unpack("!II", body)))
            elif kind == 5:
                edges = [(edge - REMOTE_ISN) & MASK
                         for edge in struct.unpack(f"!{len(body) // 4}I", body)]
                got.append(("sack", list(zip(edges[::2], edges[1::2]))))
        expect("options", [option[0] for option in wanted], [option[0] for option in got])
        for ours, theirs in zip(wanted, got):
            if ours[0] == "TS":
                self.timestamps[ours[1]] = theirs[1]
                expect("TS ecr", ours[2], theirs[2])
            else:
                expect("option", ours, theirs)

    # ---- calls

    def worker(self):
        while True:
            call = self.work.get()
            result = self.make(call)
            self.done.put((result, self.live()))

    def finish_blocked(self):
        if self.blocked is None:
            return
        call, until = self.blocked
        self.blocked = None
        try:
            result, ended = self.done.get(timeout=2)
        except queue.Empty:
            raise Mismatch(f"{call.name}() still blocks") from None
        self.check_result(call, result)
        if not until - TOLERANCE <= ended <= until + TOLERANCE:
            raise Mismatch(f"{call.name}() returned at {ended / 1e6:.6f}, "
                           f"expected at {until / 1e6:.6f}")

    def call(self, call, until):
        self.finish_blocked()
        if until is None:
            self.check_result(call, self.make(call))
            return
        self.blocked = (call, until)
        self.work.put(call)
        time.sleep(0.005)  # until it has blocked, or is done

    def check_result(self, call, result):
        value, error = result
        if call.name in ("socket", "accept", "epoll_create") and call.result >= 0 and value >= 0:
            self.descriptors[call.result] = value
            return
        if call.error is not None:
            expect(f"{call.name}()", (-1, call.error), (value, errno.errorcode.get(error, error)))
        elif value != call.result:
            raise Mismatch(f"{call.name}(): expected {call.result}, got {value} "
                           f"{errno.errorcode.get(error, '')}")

    def address(self, port):
        return struct.pack("!HH4s8x", socket.htons(2), port, socket.inet_aton(LOCAL))

    def make(self, call):
        name, arguments = call.name, call.arguments
        fd = None
        if name != "socket" and name != "poll":
            fd = self.descriptors.get(int(arguments[0]), 9999)
        match name:
            case "socket":
                return self.stack.call(name, CONSTANTS["AF_INET"], value_of(arguments[1]),
                                       value_of(arguments[2]))
            case "bind":
                return self.stack.call(name, fd, self.address(LOCAL_PORT), 16)
            case "connect":
                self.remote_port = LOCAL_PORT
                remote = struct.pack("!HH4s8x", socket.htons(2), LOCAL_PORT,
                                     socket.inet_aton(REMOTE))
                return self.stack.call(name, fd, remote, 16)
            case "listen" | "shutdown" | "fcntl":
                numbers = [value_of(argument) for argument in arguments[1:]]
                return self.stack.call(name, fd, *(numbers + [0])[:2 if name == "fcntl" else 1])
            case "accept":
                room, size = c.create_string_buffer(16), c.c_uint(16)
                return self.stack.call(name, fd, room, c.byref(size))
            case "read" | "write":
                size = value_of(arguments[2])
                return self.stack.call(name, fd, c.create_string_buffer(max(size, 1)), size)
            case "recv" | "send":
                size = value_of(arguments[2])
                return self.stack.call(name, fd, c.create_string_buffer(max(size, 1)), size,
                                       value_of(arguments[3]))
            case "close":
                return self.stack.call(name, fd)
            case "ioctl":
                number = c.c_int(-1)
                result = self.stack.call(name, fd, value_of(arguments[1]), c.byref(number))
                expect("ioctl value", value_of(arguments[2].strip("[]")), number.value)
                return result
            case "setsockopt":
                return self.set_option(fd, arguments)
            case "getsockopt":
                return self.get_option(fd, arguments)
            case "poll":
                return self.poll(arguments)
        raise ScriptError(f"unknown call {name}()")

    def set_option(self, fd, arguments):
        value = arguments[3]
        if value.startswith("{"):
            numbers = [int(number) for number in re.findall(r"=\s*(-?\d+)", value)]
            data = struct.pack(f"{len(numbers)}i", *numbers)
        else:
            data = struct.pack("i", value_of(value.strip("[]")))
        return self.stack.call("setsockopt", fd, value_of(arguments[1]), value_of(arguments[2]),
                               data, len(data))

    def get_option(self, fd, arguments):
        """getsockopt(3, SOL_TCP, TCP_INFO, [state], ...): our notation for its first octet."""
        room, size = c.create_string_buffer(256), c.c_uint(256)
        result = self.stack.call("getsockopt", fd, value_of(arguments[1]), value_of(arguments[2]),
                                 room, c.byref(size))
        wanted = value_of(arguments[3].strip("[]"))
        got = room.raw[0] if arguments[2] == "TCP_INFO" else struct.unpack("i", room.raw[:4])[0]
        if result[0] == 0:
            expect(f"{arguments[2]}", wanted, got)
        return result

    def poll(self, arguments):
        entries = re.findall(r"fd=(\d+),\s*events=([\w|]+)(?:,\s*revents=([\w|]+))?", arguments[0])
        packed = b"".join(struct.pack("ihh", self.descriptors.get(int(fd), 9999), value_of(events),
                                      0) for fd, events, _ in entries)
        room = c.create_string_buffer(packed, len(packed))
        result = self.stack.call("poll", room, len(entries), value_of(arguments[2]))
        for index, (_, _, wanted) in enumerate(entries):
            if wanted:
                got = struct.unpack_from("h", room.raw, index * 8 + 6)[0]
                expect("revents", value_of(wanted), got)
        return result


def main(library, files):
    failures = 0
    for file in files:
        try:
            flags, events = parse_script(pathlib.Path(file).read_text(encoding="utf-8"))
            Run(library, flags, events).run()
        except (Mismatch, ScriptError) as problem:
            print(f"{file}: {problem}")
            failures += 1
    print(f"{len(files) - failures} of {len(files)} scenarios passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
