#!/usr/bin/env python3
"""What programs do that tests talk to. Says "ready" and stays until it is killed.

    peer.py serve PORT [ADDRESS]      accepts, and answers each message with "answer", "bye" with FIN
    peer.py serve-shared PORT         the same with SO_REUSEPORT
    peer.py listen PORT BACKLOG       listens, and never accepts
    peer.py listen-shared PORT BACKLOG  the same with SO_REUSEPORT
    peer.py slow PORT BACKLOG SECONDS accepts one connection in so many seconds
    peer.py large PORT                answers each message with 30000 bytes
    peer.py unread PORT               accepts, and never reads; has a small buffer
    peer.py hang-up PORT              accepts, and closes when something comes, without reading it
    peer.py reset PORT                accepts, and resets at once
    peer.py close PORT                accepts, and closes at once
    peer.py silent PORT               accepts, reads, never answers
    peer.py defer PORT SECONDS        listens with TCP_DEFER_ACCEPT
    peer.py md5 PORT PEER             listens, and requires TCP-MD5 from PEER
    peer.py tls PORT valid|expired    answers over TLS, with a certificate that it makes
    peer.py fill ADDRESS PORT COUNT   connects so often, and holds it
    peer.py ports ADDRESS PORT        connects until no local port is left
    peer.py trap PORT                 listens; its queue fills between a SYN and its ACK
    peer.py half-open ADDRESS PORT COUNT  sends SYNs from 10.3.0.0/24, whose answers get lost
    peer.py flood ADDRESS PORT        the same without end, 100 a second
    peer.py leave ADDRESS PORT FROM   connects from a source port, has the server close first; ends
    peer.py fill-tracking             fills the connection table of this namespace
"""

import errno
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

TCP_MD5SIG = 14


def listener(port, backlog=64, address="::", shared=False, buffer=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family)
    if shared:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if buffer:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind((address, int(port)))
    server.listen(int(backlog))
    return server


def ready():
    print("ready", flush=True)


def serve_all(server, on_connection):
    ready()
    while True:
        accepted, _ = server.accept()
        threading.Thread(target=on_connection, args=(accepted,), daemon=True).start()


def answer(connection, text=b"answer"):
    while True:
        message = connection.recv(4096)
        if message in (b"", b"bye"):
            connection.close()
            return
        connection.sendall(text)


def hang_up(connection):
    connection.recv(1, socket.MSG_PEEK)
    connection.close()


def accept_slowly(server, seconds):
    ready()
    accepted = []
    while True:
        time.sleep(seconds)
        accepted.append(server.accept()[0])


def leave(address, port, source_port):
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("", int(source_port)))
    client.connect((address, int(port)))
    client.sendall(b"bye")
    while client.recv(100):
        pass
    client.close()


def attribute(kind, value):
    """struct nlattr of linux/netlink.h, with its padding."""
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size % 4)


def nested(kind, *parts):
    return attribute(kind | 0x8000, b"".join(parts))


def tuple_of(kind, source, destination, source_port, destination_port):
    return nested(kind,
                  nested(1, attribute(1, source), attribute(2, destination)),
                  nested(2, attribute(1, bytes([socket.IPPROTO_TCP])),
                         attribute(2, struct.pack("!H", source_port)),
                         attribute(3, struct.pack("!H", destination_port))))


def fill_tracking():
    """IPCTNL_MSG_CT_NEW of linux/netfilter/nfnetlink_conntrack.h, until the table is full. Each
    entry is established and assured, or the kernel would throw it out for a new one."""
    with open("/proc/sys/net/netfilter/nf_conntrack_max", encoding="ascii") as file:
        most = int(file.read())
    seen_reply, assured, confirmed = 2, 4, 8
    tail = attribute(3, struct.pack("!I", seen_reply | assured | confirmed)) + \
        attribute(7, struct.pack("!I", 600)) + nested(4, nested(1, attribute(1, b"\x03")))
    there = bytes([10, 9, 0, 1])
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    batch = []
    for number in range(most + 64):
        here = struct.pack("!I", 0x0A640000 + number // 50000)
        port = 1024 + number % 50000
        body = struct.pack("!BBH", socket.AF_INET, 0, 0) + tuple_of(1, here, there, port, 80) + \
            tuple_of(2, there, here, 80, port) + tail
        request_create_exclusive = 0x601
        batch.append(struct.pack("=IHHII", 16 + len(body), 0x100, request_create_exclusive, 0, 0) +
                     body)
        if len(batch) == 400:
            kernel.send(b"".join(batch))
            batch = []
            kernel.setblocking(False)
            try:
                while kernel.recv(65536):
                    pass
            except BlockingIOError:
                pass
            kernel.setblocking(True)
    kernel.send(b"".join(batch))


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_only(connection):
    while connection.recv(4096):
        pass


def md5_key(sock, peer):
    """struct tcp_md5sig of linux/tcp.h."""
    address = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(peer))
    key = b"secret"
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG,
                    address + struct.pack("=BBHi80s", 0, 0, len(key), 0, key))


def fill(address, port, count):
    held = []
    for _ in range(int(count)):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        client = socket.socket(family)
        client.setblocking(False)
        client.connect_ex((address, int(port)))
        held.append(client)
    time.sleep(0.5)
    return held


def use_up_ports(address, port):
    held = []
    while True:
        client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        try:
            client.connect((address, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return held
            raise
        held.append(client)


def tls(port, kind):
    with tempfile.TemporaryDirectory() as folder:
        key, request, certificate = (f"{folder}/{name}.pem" for name in ("key", "csr", "cert"))
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                        request, "-subj", "/CN=tcpdx test"], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-out",
                        certificate, "-days", "-1" if kind == "expired" else "2"], check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def converse(connection):
        try:
            answer(context.wrap_socket(connection, server_side=True))
        except OSError:
            pass  # the client did not like it
    serve_all(listener(port), converse)


def trap(port):
    """The first SYN from elsewhere makes a connection over loopback take the only place."""
    server = listener(port, backlog=0)
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    sniffer.bind(("eth0", 0x0800))
    ready()
    while True:
        packet, _ = sniffer.recvfrom(100)
        header = (packet[0] & 15) * 4
        is_syn = packet[9] == 6 and packet[header + 13] & 0x12 == 0x02
        if is_syn and struct.unpack_from("!H", packet, header + 2)[0] == int(port):
            return server, socket.create_connection(("127.0.0.1", int(port)))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def half_open(address, port, count, pause=0.002):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    there = socket.inet_aton(address)
    for number in range(int(count)):
        here = bytes([10, 3, 0, 1 + number % 250])
        segment = struct.pack("!HHIIBBHHH", 20000 + number % 40000, int(port), number, 0, 0x50, 2, 1024, 0,
                              0)
        pseudo = here + there + struct.pack("!HH", 6, len(segment))
        segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, number & 0xFFFF, 0, 64, 6, 0, here, there)
        raw.sendto(header + segment, (address, 0))
        time.sleep(pause)


def main():
    action, *arguments = sys.argv[1:]
    held = []
    if action == "serve":
        serve_all(listener(arguments[0], address=(arguments + ["::"])[1]), answer)
    elif action == "serve-shared":
        serve_all(listener(arguments[0], shared=True), answer)
    elif action == "listen":
        held.append(listener(arguments[0], arguments[1]))
    elif action == "listen-shared":
        held.append(listener(arguments[0], arguments[1], shared=True))
    elif action == "slow":
        accept_slowly(listener(arguments[0], arguments[1]), float(arguments[2]))
    elif action == "large":
        serve_all(listener(arguments[0]), lambda connection: answer(connection, b"answer" * 5000))
    elif action == "unread":
        serve_all(listener(arguments[0], buffer=4096), lambda connection: time.sleep(1000))
    elif action == "hang-up":
        serve_all(listener(arguments[0]), hang_up)
    elif action == "leave":
        return leave(*arguments)
    elif action == "fill-tracking":
        fill_tracking()
    elif action == "reset":
        serve_all(listener(arguments[0]), reset)
    elif action == "close":
        serve_all(listener(arguments[0]), lambda connection: connection.close())
    elif action == "silent":
        serve_all(listener(arguments[0]), read_only)
    elif action == "defer":
        server = listener(arguments[0])
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, int(arguments[1]))
        held.append(server)
    elif action == "md5":
        server = listener(arguments[0], address="0.0.0.0")
        md5_key(server, arguments[1])
        held.append(server)
    elif action == "fill":
        held.append(fill(*arguments))
    elif action == "ports":
        held.append(use_up_ports(*arguments))
    elif action == "tls":
        tls(*arguments)
    elif action == "trap":
        held.append(trap(arguments[0]))
        time.sleep(1000)
    elif action == "half-open":
        half_open(*arguments)
    elif action == "flood":
        ready()
        half_open(*arguments, 10 ** 6, 0.01)
    else:
        sys.exit(__doc__)
    ready()
    while True:
        time.sleep(60)


main()
