#!/usr/bin/env python3
"""What programs do that tests talk to. Says "ready" and stays until it is killed.

    peer.py serve PORT [ADDRESS]      accepts, and answers each message with "answer"
    peer.py listen PORT BACKLOG       listens, and never accepts
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


def listener(port, backlog=64, address="::"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family)
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


def answer(connection):
    while connection.recv(4096):
        connection.sendall(b"answer")


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
        client = socket.socket()
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


def half_open(address, port, count):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    there = socket.inet_aton(address)
    for number in range(int(count)):
        here = bytes([10, 3, 0, 1 + number % 250])
        segment = struct.pack("!HHIIBBHHH", 20000 + number, int(port), number, 0, 0x50, 2, 1024, 0,
                              0)
        pseudo = here + there + struct.pack("!HH", 6, len(segment))
        segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, number, 0, 64, 6, 0, here, there)
        raw.sendto(header + segment, (address, 0))
        time.sleep(0.002)


def main():
    action, *arguments = sys.argv[1:]
    held = []
    if action == "serve":
        serve_all(listener(arguments[0], address=(arguments + ["::"])[1]), answer)
    elif action == "listen":
        held.append(listener(arguments[0], arguments[1]))
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
    else:
        sys.exit(__doc__)
    ready()
    while True:
        time.sleep(60)


main()
