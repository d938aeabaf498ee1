#!/usr/bin/env python3
"""TIME-WAITs by the thousand: `tcpdx serve` takes them from what it has watched instead of listing them
(src/app/look.cpp), and has to come to what a listing shows. As root, in a network namespace of its own.

usage: serve_time_waits_test.py TCPDX
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

INSIDE = "TCPDX_TEST_INSIDE"
PORTS = "20000 21999"
CLIENTS = 1900  # so many of these 2,000 ports wait at the client's end, to one address
SERVERS = 1000  # and so many connections at the server's end, to another one


def use_ports(check):
    for count, address, client_first in ((CLIENTS, "127.0.0.1", True), (SERVERS, "127.0.0.2", False)):
        listener = socket.create_server((address, 8080))
        for number in range(count):
            # At the server's end a port that comes again would end the TIME-WAIT of before.
            source = None if client_first else ("127.0.0.1", 30000 + number)
            client = socket.create_connection((address, 8080), source_address=source)
            accepted, _ = listener.accept()
            for end in (client, accepted) if client_first else (accepted, client):
                end.close()
        yield listener
    tables = pathlib.Path("/proc/net/sockstat").read_text(encoding="ascii")
    check(f"tw {CLIENTS + SERVERS} " in tables, f"all of them wait: {tables}")


def main():
    from serving import FAILURES, TCPDX, Server, check
    subprocess.run("ip link set lo up".split(), check=True)
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(PORTS, encoding="ascii")
    # Over loopback a client may else take the port of a TIME-WAIT again that is a second old.
    pathlib.Path("/proc/sys/net/ipv4/tcp_tw_reuse").write_text("0", encoding="ascii")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        time.sleep(1)
        listeners = list(use_ports(check))
        found = []
        for _ in range(60):
            findings = server.get("/api/v1/findings", "Findings")["findings"]
            found = [each for each in findings if each["rule"] == "local-ports-running-out" and each["active"]]
            if found:
                break
            time.sleep(0.5)
        text = json.dumps(found)
        check(found and f"{CLIENTS}" in text.replace(",", ""), f"the ports that wait are counted: {text}")
        check("127.0.0.1" in text and "127.0.0.2" not in text, f"and to which address: {text}")
        listed = subprocess.run([TCPDX, "--lang", "en", "diagnose", "--json"], capture_output=True, text=True,
                                check=False, timeout=60).stdout
        rows = [each for each in json.loads(listed)["namespaces"][0]["findings"]
                if each["rule"] == "local-ports-running-out"]
        check(rows and rows[0]["claim"] == found[0]["claim"] if found else False,
              f"a listing comes to the same: {rows} {text}")
        time.sleep(1)
        now = server.get("/api/v1/now", "Now")["states"]
        # Each question to the server is one more.
        check(CLIENTS + SERVERS <= now["TIME-WAIT"] < CLIENTS + SERVERS + 100, f"every one is counted: {now}")
        server.stop()
        for listener in listeners:
            listener.close()
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    if os.geteuid() != 0 or not all(shutil.which(program) for program in ("unshare", "ip")):
        sys.exit(77)
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    if os.environ.get(INSIDE):
        main()
    sys.exit(subprocess.run(["unshare", "--net", sys.executable, *sys.argv], check=False,
                            env=os.environ | {INSIDE: "1"}).returncode)
