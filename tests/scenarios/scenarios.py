#!/usr/bin/env python3
"""Each scenario makes one condition on the real kernel and checks what tcpdx says of it.

Only conditions that `tcpdx lab` has no scenario for: those are played and checked by tests/e2e/lab_test.py.

    scenarios.py list         the names
    scenarios.py NAME         run one; TCPDX is the program (exit status 77: skipped)
"""

import json
import resource
import socket
import sys
import time

import lab
from lab import LOOPBACK, listener, pair, port_of, tcpdx

SCENARIOS = {}
ON_THE_HOST = set()


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


def on_the_host(function):
    """For what exists once per host and shows in no other namespace. Only loopback is used."""
    ON_THE_HOST.add(function)
    return function


def blocked_sender(server):
    """A connection whose peer does not read: data waits in both buffers. (client, accepted)"""
    client, accepted = pair(server)
    client.setblocking(False)
    try:
        while True:
            client.send(b"x" * 65536)
    except BlockingIOError:
        pass
    return client, accepted


# --- healthy hosts: a false alarm is as bad as a miss ------------------------------------------


@scenario
def idle_host_is_calm():
    tcpdx().expect_calm()


@scenario
def busy_host_is_calm():
    server = listener(backlog=64)
    connections = [pair(server) for _ in range(50)]
    for client, accepted in connections[:20]:
        client.sendall(b"request")
        accepted.recv(100)
        accepted.sendall(b"answer")
        client.recv(100)
    for client, accepted in connections[20:]:
        client.close()
        accepted.close()
    lab.while_sampling(lambda: None, seconds=1).expect_calm()


@scenario
def list_knows_ages_as_well_as_diagnose():
    server = listener()
    client, accepted = pair(server)
    client.close()
    time.sleep(0.1)
    accepted.close()
    time.sleep(0.5)
    seen = tcpdx("--harmless").document["namespaces"][0]
    if any("exact ages" in unseen["what"] for unseen in seen["not_seen"]):
        lab.skip("needs the BPF iterator for sockets")
    rows = json.loads(lab.run_tcpdx("list", "time-wait", "--json").stdout)["connections"]
    if [row["age_at_least_ms"] for row in rows] != [row["age_at_most_ms"] for row in rows]:
        sys.exit(f"FAILED: not exact: {rows}")
    # What is known of the age has to be known to the filter.
    young = json.loads(lab.run_tcpdx("list", "time-wait age < 30s", "--json").stdout)
    if len(rows) != 1 or len(young["connections"]) != 1:
        sys.exit(f"FAILED: {rows} {young}")


# --- closing --------------------------------------------------------------------------------


@scenario
def close_wait_unread():
    server = listener()
    client, _accepted = pair(server)
    client.sendall(b"hello")
    client.close()
    time.sleep(1.5)
    result = tcpdx("--limit", "close-wait=1s")
    result.expect("close-wait-unread")
    result.expect_absent("close-wait-leak", "close-wait-never-accepted")


@scenario
def close_wait_never_accepted():
    server = listener()
    client = socket.create_connection((LOOPBACK, port_of(server)))
    client.close()
    time.sleep(1.5)
    result = tcpdx("--limit", "close-wait=1s")
    result.expect("close-wait-never-accepted")
    result.expect_absent("close-wait-leak", "close-wait-unread")


@scenario
def closing_stuck():
    server = listener()
    client, accepted = pair(server)
    lab.filter_packets(("input", f"tcp dport {port_of(server)} drop"))
    client.close()  # its FIN gets no answer
    time.sleep(2.5)
    tcpdx("--limit", "closing=1s").expect("closing-stuck")
    accepted.close()


@scenario
def dead_socket_held():
    server = listener()
    client, accepted = pair(server)
    client.sendall(b"x")
    lab.reset(accepted)
    time.sleep(0.2)
    claim = tcpdx().expect("dead-socket-held")["claim"]
    assert "reset" in claim, claim
    client.close()


# --- accepting ------------------------------------------------------------------------------


@scenario
def descriptors_near_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    server = listener(backlog=64)
    connections = [pair(server) for _ in range(41)]
    tcpdx().expect("descriptors-near-limit")
    del connections


# --- listening ------------------------------------------------------------------------------


@scenario
def nothing_listens():
    result = tcpdx("diagnose", ":9999")
    result.expect("nothing-listens", "problem", status=2)


@scenario
def listener_loopback_only():
    server = listener()
    result = tcpdx("diagnose", f":{port_of(server)}")
    result.expect("listener-loopback-only", "problem", status=2)
    result.expect_absent("nothing-listens", "port-ready")


@scenario
def listener_all_addresses():
    server = listener(address="0.0.0.0")
    result = tcpdx("--harmless")
    result.expect("listener-all-addresses", "information")
    result.expect_calm()
    server.close()


@scenario
def port_ready():
    server = listener(address="0.0.0.0")
    finding = tcpdx("diagnose", f":{port_of(server)}").expect("port-ready", "information")
    assert len(finding["candidates"]) > 1, finding


@scenario
def port_taken_by_another():
    # A client uses the wanted port as its source port, so a server cannot bind it.
    server = listener(8081)
    client = socket.socket()
    client.bind((LOOPBACK, 8082))
    client.connect((LOOPBACK, 8081))
    tcpdx("diagnose", ":8082").expect("port-taken-by-another")
    server.close()


# --- opening --------------------------------------------------------------------------------


@scenario
def syn_sent_stuck_in_own_filter():
    lab.filter_packets(("output", "tcp dport 8080 drop"))
    client = lab.connecting(LOOPBACK, 8080)
    result = lab.while_sampling(lambda: None, "--limit", "syn-sent=1s", seconds=3)
    result.expect("syn-sent-stuck")
    client.close()


@scenario
def time_wait_many():
    server = listener(backlog=64)
    for _ in range(20):
        client, accepted = pair(server)
        accepted.close()
        client.close()
    tcpdx().expect_absent("time-wait-many")
    result = tcpdx("--harmless", "--limit", "many-time-wait=5")
    result.expect("time-wait-many", "information")
    result.expect_calm()


# --- data -----------------------------------------------------------------------------------


@scenario
def idle_without_keepalive():
    # Not on loopback: within one host there is nothing that could forget the connection.
    with lab.other_host() as other:
        server = listener(8080, address="0.0.0.0")
        client = other.start("python3", "-c", "import socket, time; "
                             f"s = socket.create_connection(('{other.HERE}', 8080)); "
                             "time.sleep(30)")
        accepted, _ = server.accept()
        time.sleep(1.5)
        result = tcpdx("--limit", "idle=1s")
        result.expect("idle-without-keepalive", "information")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        tcpdx("--limit", "idle=1s").expect_absent("idle-without-keepalive")
        client.terminate()
        client.wait()


# --- limits and options of the kernel -------------------------------------------------------


@scenario
def time_wait_buckets_near_limit():
    lab.option("net.ipv4.tcp_max_tw_buckets", 10)
    server = listener(backlog=64)
    for _ in range(10):
        client, accepted = pair(server)
        client.close()
        accepted.close()
    tcpdx().expect("time-wait-buckets-near-limit")


# The real limits of the next two are the host's and not ours to change, so the threshold comes down.


@scenario
@on_the_host
def orphans_near_limit():
    client, accepted = blocked_sender(listener())
    client.close()
    time.sleep(0.3)
    tcpdx("--limit", "resource-used=0").expect("orphans-near-limit")
    lab.reset(accepted)


@scenario
@on_the_host
def tcp_memory_near_limit():
    client, accepted = blocked_sender(listener())
    tcpdx("--limit", "resource-used=0").expect("tcp-memory-near-limit")
    lab.reset(client)
    lab.reset(accepted)


@scenario
def conntrack_near_full():
    lab.filter_packets(("input", "ct state new accept"))
    server = listener()
    connection = pair(server)
    tcpdx("--limit", "resource-used=0").expect("conntrack-near-full")
    del connection


@scenario
def rfc1337_enabled():
    tcpdx().expect_absent("rfc1337-enabled")
    lab.option("net.ipv4.tcp_rfc1337", 1)
    tcpdx().expect("rfc1337-enabled", "warning", status=1)


@scenario
def reverse_path_filter():
    with lab.other_host() as other:
        lab.option("net.ipv4.conf.all.rp_filter", 1)
        other.run("ip", "address", "add", "172.31.9.9/32", "dev", "lo")
        # The filter leaves ARP requests from an address that is not routed back without an answer.
        other.run("sysctl", "-w", "net.ipv4.conf.all.arp_announce=2")
        server = listener(8080, address="0.0.0.0")
        # 172.31.9.9 is not routed back through the link it comes from.
        command = ["timeout", "2", "python3", "-c",
                   "import socket; s = socket.socket(); s.bind(('172.31.9.9', 0)); "
                   f"s.connect(('{other.HERE}', 8080))"]
        lab.while_sampling(lambda: other.run(*command, check=False), "diagnose", ":8080",
                           seconds=4).expect("reverse-path-filter")
        server.close()


@scenario
def no_route_back():
    with lab.other_host() as other:
        lab.option("net.ipv4.conf.all.rp_filter", 0)
        lab.option(f"net.ipv4.conf.{other.link}.rp_filter", 0)
        other.run("ip", "address", "add", "172.31.9.9/32", "dev", "lo")
        server = listener(8080, address="0.0.0.0")
        command = ["timeout", "2", "python3", "-c",
                   "import socket; s = socket.socket(); s.bind(('172.31.9.9', 0)); "
                   f"s.connect(('{other.HERE}', 8080))"]
        lab.while_sampling(lambda: other.run(*command, check=False), "diagnose", ":8080",
                           seconds=4).expect("no-route-back")
        server.close()


@scenario
def tcp_md5_mismatch():
    server = listener(8080, address="0.0.0.0")
    try:
        lab.require_md5(server, LOOPBACK)
    except OSError:
        lab.skip("this kernel has no TCP-MD5")
    clients = []

    def knock():
        clients.extend(lab.connecting(LOOPBACK, 8080) for _ in range(5))

    lab.while_sampling(knock, "diagnose", ":8080", seconds=3).expect("tcp-md5-mismatch")


# --- explain ----------------------------------------------------------------------------------


@scenario
def explain_counts_the_sockets_in_a_state():
    lab.option("net.ipv4.tcp_fin_timeout", 47)
    server = listener()
    client, accepted = pair(server)
    other_client, other_accepted = pair(server)
    client.close()  # FIN-WAIT-2 without a process; `accepted` is in CLOSE-WAIT
    other_accepted.close()  # the same, the other way round
    time.sleep(0.3)
    closed_here = lab.explain("close_wait")
    assert closed_here["now"]["sockets"] == 2, closed_here["now"]
    assert {owner["owner"] for owner in closed_here["now"]["owners"]} == {"process"}, closed_here
    orphan = lab.explain("fin-wait-2")
    assert orphan["now"]["sockets"] == 2, orphan["now"]
    assert orphan["now"]["owners"][0]["owner"] == "kernel", orphan["now"]
    values = {option["name"]: option.get("value") for option in orphan["options"]}
    assert values["net.ipv4.tcp_fin_timeout"] == "47", values
    counts = {state["state"]: state["now"].get("sockets") for state in lab.explain()["states"]}
    assert counts["LISTEN"] == 1 and counts["CLOSE-WAIT"] == 2, counts
    accepted.close()
    other_client.close()


@scenario
def explain_suggests_the_nearest_name():
    done = lab.run_tcpdx("explain", "tiem_wait", "--lang", "en")
    assert done.returncode == 64, done
    assert "TIME-WAIT" in done.stderr and not done.stdout, done


def main():
    if sys.argv[1:] == ["list"]:
        print("\n".join(SCENARIOS))
        return
    if len(sys.argv) != 2 or sys.argv[1] not in SCENARIOS:
        sys.exit(__doc__)
    chosen = SCENARIOS[sys.argv[1]]
    if chosen not in ON_THE_HOST:
        lab.leave_the_host()
    chosen()
    print("passed")


if __name__ == "__main__":
    main()
