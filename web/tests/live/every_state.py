#!/usr/bin/env python3
"""Fills a network namespace of its own with connections in every state, and keeps them there.

Prints "ready" when all are there; ends when its standard input does. Needs root, nft, and to be
started where only a loopback device is: everything happens on it.
"""

import pathlib
import socket
import subprocess
import sys
import time

LOOPBACK = "127.0.0.1"
PLAIN, SILENT, HALF_OPEN, FIN_WAIT_1, LAST_ACK, CLOSING, CLOSE_WAIT, NEVER_ACCEPTED = range(9001, 9009)
NUMBERS = {"01": "ESTABLISHED", "02": "SYN-SENT", "03": "SYN-RECEIVED", "04": "FIN-WAIT-1", "05": "FIN-WAIT-2",
           "06": "TIME-WAIT", "08": "CLOSE-WAIT", "09": "LAST-ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN-RECEIVED"}
kept = []


def run(*command):
    subprocess.run(command, check=True)


def drop(chain, rule):
    run("nft", f"add rule inet scenery {chain} {rule} drop")


def listener(port, backlog=64):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((LOOPBACK, port))
    server.listen(backlog)
    kept.append(server)
    return server


def pair(server):
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    kept.extend((client, accepted))
    return client, accepted


def connecting(port):
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex((LOOPBACK, port))
    kept.append(client)


def established(server):
    for _ in range(5):
        client, accepted = pair(server)
        client.sendall(b"hello")
        accepted.recv(5)
    client.sendall(b"x" * 5000)  # stays unread


def over(server):
    """TIME-WAIT, and one more a second: something to see on the arrows."""
    client, accepted = pair(server)
    client.close()
    accepted.recv(1)
    accepted.close()
    del kept[-2:]


def reset(server):
    client, accepted = pair(server)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    accepted.close()
    del kept[-2:]


def fin_wait_1():
    client, _ = pair(listener(FIN_WAIT_1))
    drop("input", f"tcp dport {FIN_WAIT_1}")
    client.close()


def last_ack():
    client, accepted = pair(listener(LAST_ACK))
    client.shutdown(socket.SHUT_WR)
    time.sleep(0.1)
    drop("input", f"tcp sport {LAST_ACK}")
    accepted.close()


def closing():
    """Both FINs cross; then one end's ACK of the other's FIN never comes."""
    client, accepted = pair(listener(CLOSING))
    run("nft", "add chain inet scenery held { type filter hook input priority -5; }")
    run("nft", f"add rule inet scenery held tcp dport {CLOSING} tcp flags & fin == fin drop")
    run("nft", f"add rule inet scenery held tcp sport {CLOSING} tcp flags & fin == fin drop")
    client.close()
    accepted.close()
    time.sleep(0.05)
    # The server's end hears the client's FIN, but nothing that acknowledges its own.
    run("nft", "flush chain inet scenery held")
    run("nft", f"add rule inet scenery held tcp sport {CLOSING} drop")
    run("nft", f"add rule inet scenery held tcp dport {CLOSING} tcp flags & (fin | ack) == ack drop")


def close_wait():
    server = listener(CLOSE_WAIT)
    for _ in range(3):
        client, _ = pair(server)
        client.shutdown(socket.SHUT_WR)


def present():
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return {NUMBERS.get(line.split()[3]) for line in lines}


def main():
    run("ip", "link", "set", "lo", "up")
    run("nft", "add table inet scenery")
    run("nft", "add chain inet scenery input { type filter hook input priority 0; }")
    plain = listener(PLAIN)
    established(plain)
    drop("input", f"tcp dport {SILENT}")
    connecting(SILENT)
    listener(HALF_OPEN)
    drop("input", f"tcp sport {HALF_OPEN}")
    connecting(HALF_OPEN)
    fin_wait_1()
    last_ack()
    closing()
    close_wait()
    listener(NEVER_ACCEPTED)
    kept.append(socket.create_connection((LOOPBACK, NEVER_ACCEPTED)))
    over(plain)
    time.sleep(1.5)
    missing = set(NUMBERS.values()) - present()
    if missing:
        sys.exit(f"not there: {', '.join(sorted(missing))}")
    print("ready", flush=True)
    beats(plain)


def beats(plain):
    """A little traffic until nobody listens to us any more."""
    import select
    while not select.select([sys.stdin], [], [], 0.5)[0]:
        over(plain)
        reset(plain)


if __name__ == "__main__":
    main()
