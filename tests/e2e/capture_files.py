"""Writes packet captures byte by byte, for tests."""

import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def tcp(source, destination, sequence, acknowledgment, flags, payload=b"", window=8192):
    return struct.pack("!HHIIBBHHH", source, destination, sequence, acknowledgment, 0x50, flags, window, 0, 0) + payload


def ip4(source, destination, payload, hops=64, identification=0, protocol=6):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, 0, hops, protocol, 0,
                       bytes(map(int, source.split("."))), bytes(map(int, destination.split(".")))) + payload


class Capture:
    """Packets between a client and a server, as seen near the client."""

    def __init__(self, client="192.0.2.1", server="198.51.100.2"):
        self.client_address, self.server_address = client, server
        self.packets, self.identification = [], 1

    def add(self, seconds, packet):
        self.packets.append((seconds, packet))

    def client(self, seconds, port, *segment, **more):
        self.identification += 1
        self.add(seconds, ip4(self.client_address, self.server_address, tcp(port, 80, *segment, **more), 64,
                              self.identification))

    def server(self, seconds, port, *segment, **more):
        self.identification += 1
        self.add(seconds, ip4(self.server_address, self.client_address, tcp(80, port, *segment, **more), 60,
                              self.identification))

    def handshake(self, seconds, port):
        self.client(seconds, port, 100, 0, SYN)
        self.server(seconds + 0.02, port, 500, 101, SYN | ACK)
        self.client(seconds + 0.0201, port, 101, 501, ACK)

    def close(self, seconds, port):
        self.client(seconds, port, 101, 501, FIN | ACK)
        self.server(seconds + 0.02, port, 501, 102, FIN | ACK)
        self.client(seconds + 0.0201, port, 102, 502, ACK)

    def pcap(self, link_type=101, order="<"):
        data = struct.pack(order + "IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, link_type)
        for seconds, packet in self.packets:
            whole = int(seconds)
            data += struct.pack(order + "IIII", 1_700_000_000 + whole, round((seconds - whole) * 1e9), len(packet), len(packet))
            data += packet
        return data


def everything():
    """One of each kind that JSON has a key for."""
    capture = Capture()
    capture.handshake(0, 40001)
    capture.close(1, 40001)
    capture.client(2, 40001, 9_000_000, 0, SYN)  # the same ports again
    for seconds in (3, 4, 6, 10):  # nobody answers
        capture.client(seconds, 40002, 100, 0, SYN)
    capture.client(11, 40003, 100, 0, SYN)  # refused
    capture.server(11.02, 40003, 0, 101, RST | ACK)
    capture.handshake(12, 40004)  # reset by its data
    capture.client(13, 40004, 101, 501, ACK | PSH, payload=b"hello")
    capture.server(13.02, 40004, 501, 0, RST)
    capture.client(14, 40005, 100, 0, SYN)  # refused by a router
    quoted = ip4(capture.client_address, capture.server_address, tcp(40005, 80, 100, 0, SYN))[:28]
    capture.add(14.01, ip4("192.0.2.254", capture.client_address, bytes([3, 13, 0, 0, 0, 0, 0, 0]) + quoted, protocol=1))
    capture.add(15, b"\x60")  # too short
    return capture
