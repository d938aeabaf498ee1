#!/usr/bin/env python3
"""Each way a connection can live and die, on the real kernel, against what `tcpdx trace` says of it
and against the packets that were captured meanwhile.

    trace_scenarios.py list         the names
    trace_scenarios.py NAME         run one; TCPDX is the program (exit status 77: skipped)
"""

import array
import os
import re
import signal
import socket
import sys
import time

import trace_lab
from trace_lab import Trace, Unseen, fork, lab, wait_for
from lab import LOOPBACK, listener, option, pair, port_of, reset

SCENARIOS = {}
TCP_SYNCNT = 7
TCP_DEFER_ACCEPT = 9
TCP_FASTOPEN = 23
MSG_FASTOPEN = 0x20000000

OPENED = ("CLOSED", "SYN-SENT", "ESTABLISHED")
ACCEPTED = ("LISTEN", "SYN-RECEIVED", "ESTABLISHED")


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


def only_local_port(trace, remote):
    """The port of the one connection to `remote`."""
    ports = {step["local_port"] for step in trace.steps
             if step.get("remote_port") == remote and "local_port" in step}
    trace.expect(len(ports) == 1, f"not one connection to {remote}: {ports}")
    return ports.pop()


# --- closing in order ----------------------------------------------------------------------


@scenario
def client_closes_first():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        client.sendall(b"hello")
        accepted.recv(10)
        accepted.sendall(b"hi")
        client.recv(10)
        client.close()
        time.sleep(0.3)
        accepted.close()
        wait_for(lambda: any(line.get("to") == "TIME-WAIT" for line in trace.stepping.lines), 10)
    trace.expect_path(there, *ACCEPTED, "CLOSE-WAIT", "LAST-ACK", "CLOSED", remote=here)
    trace.expect_path(here, *OPENED, "FIN-WAIT-1", "FIN-WAIT-2", "FIN-WAIT-2", "TIME-WAIT")
    life = trace.life(there, here)
    trace.expect_fields(life, ending="closed", first_fin="peer", opener="passive",
                        pid=os.getpid(), owner="process", bytes_sent=2, bytes_received=5)
    # tcpstates says 0.04 ms here: the mini-socket that really is in FIN-WAIT-2 is not seen by it.
    waited = trace.step(here, "TIME-WAIT")
    orphan = [step for step in trace.of(trace.steps, here) if step["to"] == "FIN-WAIT-2"][-1]
    lasted = waited["time_us"] - orphan["time_us"]
    trace.expect(200_000 < lasted < 2_000_000, f"FIN-WAIT-2 lasted {lasted} us, not 0.3 s")
    if tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2]) >= (6, 11):
        told = waited["lasted_at_least_us"]
        trace.expect(told == waited["lasted_at_most_us"] and abs(told - lasted) <= 1,
                     f"how long FIN-WAIT-2 lasted is known to the microsecond: {waited}")


@scenario
def server_closes_first():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        accepted.close()
        client.recv(1)
        client.close()
    trace.expect_path(here, *OPENED, "CLOSE-WAIT", "LAST-ACK", "CLOSED")
    trace.expect_fields(trace.life(here), ending="closed", first_fin="peer", opener="active")
    trace.expect_fields(trace.step(there, "FIN-WAIT-1", here), pid=os.getpid(), sends="FIN",
                        cause="close() or shutdown(SHUT_WR)")
    trace.expect("TIME-WAIT" in trace.path(there, here), "no TIME-WAIT at the server")


@scenario
def half_close():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        client.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        accepted.sendall(b"still talking")
        client.recv(100)
        accepted.close()
        time.sleep(0.1)
        client.close()
    trace.expect_path(here, *OPENED, "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT")
    life = trace.life(there, here)
    trace.expect_fields(life, ending="closed", first_fin="peer", bytes_sent=13)
    waited = next(state for state in life["states"] if state["state"] == "CLOSE-WAIT")
    trace.expect(150_000 < waited["lasted_at_least_us"] < 2_000_000, f"CLOSE-WAIT: {waited}")


@scenario
def simultaneous_open():
    with Trace() as trace:
        ends = []
        for port in (41001, 41002):
            end = socket.socket()
            end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            end.bind((LOOPBACK, port))
            end.setblocking(False)
            ends.append(end)
        # What comes for the other end is held back until both have sent their SYN.
        lab.filter_packets(("input", "tcp dport 41002 drop"))
        ends[0].connect_ex((LOOPBACK, 41002))
        lab.run("nft", "flush", "chain", "inet", "lab", "input")
        lab.run("nft", "add rule inet lab input tcp dport 41001 tcp flags syn / syn,rst,ack drop")
        ends[1].connect_ex((LOOPBACK, 41001))
        lab.stop_filtering()
        wait_for(lambda: len(trace.stepping.lines) >= 6, 5)
        time.sleep(0.2)
    for here, there in ((41001, 41002), (41002, 41001)):
        trace.expect(trace.path(here, there)[:2] == ["CLOSED", "SYN-SENT"],
                     f"{trace.path(here, there)}")
        trace.expect_fields(trace.step(here, "SYN-SENT"), opener="active")
    passed = [port for port in (41001, 41002) if "SYN-RECEIVED" in trace.path(port)]
    trace.expect(passed, "neither end received the other's SYN while it had sent its own")
    for port in passed:
        trace.expect_path(port, "CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED")


@scenario
def simultaneous_close():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        # Both FINs are held back, so each end has closed before it hears of the other.
        lab.filter_packets(("input", "tcp flags & fin == fin drop"))
        client.close()
        accepted.close()
        time.sleep(0.05)
        lab.stop_filtering()
        wait_for(lambda: any(line.get("to") == "TIME-WAIT" for line in trace.stepping.lines), 5)
        time.sleep(0.5)
    closing = [path for path in (trace.path(here), trace.path(there, here)) if "CLOSING" in path]
    trace.expect(closing, f"no end was CLOSING: {trace.path(here)} {trace.path(there, here)}")
    for path in closing:
        trace.expect(path[-3:] == ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"], f"{path}")


@scenario
def time_wait_runs_out():
    """60 s, which the kernel is built with."""
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here = port_of(client)
        client.close()
        accepted.recv(1)
        accepted.close()
        wait_for(lambda: any(line.get("from") == "TIME-WAIT" for line in trace.stepping.lines), 75)
    life = trace.life(here)
    trace.expect_fields(life, ending="closed", first_fin="local")
    waited = next(state for state in life["states"] if state["state"] == "TIME-WAIT")
    trace.expect(59_000_000 < waited["lasted_at_least_us"] < 75_000_000, f"TIME-WAIT: {waited}")
    trace.expect_fields(trace.step(here, "CLOSED"), cause="2MSL timer")


# --- resets ----------------------------------------------------------------------------------


@scenario
def client_resets():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        reset(client)
        time.sleep(0.1)
        accepted.close()
    trace.expect_fields(trace.life(here), ending="reset", reset_by="local")
    trace.expect_fields(trace.life(there, here), ending="reset", reset_by="peer",
                        error="ECONNRESET")
    trace.expect_fields(trace.step(there, "CLOSED", here), cause="RST received")


@scenario
def server_resets_with_unread_data():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        client.sendall(b"nobody reads this")
        time.sleep(0.05)
        accepted.close()
        time.sleep(0.1)
        client.close()
    life = trace.life(there, here)
    trace.expect_fields(life, ending="reset", reset_by="local", bytes_received=17)
    if "reset_reason" in life:
        trace.expect_fields(life, reset_reason="TCP_ABORT_ON_CLOSE")
        trace.expect_fields(trace.step(there, "CLOSED", here), cause="close() with unread data")
    trace.expect_fields(trace.life(here), ending="reset", reset_by="peer", bytes_sent=17)


@scenario
def data_after_close():
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        client.close()
        accepted.recv(1)
        accepted.sendall(b"too late")
        time.sleep(0.1)
        accepted.close()
    trace.expect_fields(trace.life(there, here), ending="reset", reset_by="peer")
    resets = [detail for detail in trace.details if detail["what"] == "reset-sent"]
    trace.expect(len(resets) == 1 and resets[0]["local_port"] == here, f"resets: {resets}")


@scenario
def listener_closes_with_a_queue():
    server = listener(backlog=4)
    there = port_of(server)
    with Trace() as trace:
        clients = [socket.create_connection((LOOPBACK, there)) for _ in range(3)]
        ports = [port_of(client) for client in clients]
        time.sleep(0.1)
        server.close()
        time.sleep(0.1)
        for client in clients:
            client.close()
    for port in ports:
        trace.expect_fields(trace.life(there, port), ending="reset", reset_by="local")
        trace.expect_fields(trace.step(there, "CLOSED", port),
                            cause="close() of the listening socket")
        trace.expect_fields(trace.life(port), ending="reset", reset_by="peer")
    trace.expect(trace.path(there, None).count("CLOSED") >= 4, "the listener did not close")


@scenario
def accepted_one_aborts_after_its_listener_closed():
    """What was accepted is its program's: the listener's end has nothing to do with it."""
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        there, here = port_of(accepted), port_of(client)
        server.close()
        reset(accepted)
        time.sleep(0.1)
        client.close()
    trace.expect_fields(trace.step(there, "CLOSED", here), cause="abort (SO_LINGER 0, ss -K)")


# --- opening that fails -----------------------------------------------------------------------


@scenario
def refused():
    with Trace() as trace:
        try:
            socket.create_connection((LOOPBACK, 9))
        except ConnectionRefusedError:
            pass
    here = only_local_port(trace, 9)
    trace.expect_path(here, "CLOSED", "SYN-SENT", "CLOSED")
    trace.expect_fields(trace.life(here), ending="refused", pid=os.getpid())
    trace.expect_fields(trace.step(here, "CLOSED"), cause="RST received: connection refused")
    sent = [detail for detail in trace.details if detail["what"] == "reset-sent"]
    trace.expect(len(sent) == 1 and sent[0].get("reason") in ("NO_SOCKET", None), f"{sent}")


@scenario
def unanswered():
    lab.filter_packets(("input", "tcp dport 4444 drop"))
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_TCP, TCP_SYNCNT, 1)
    with Trace() as trace:
        try:
            client.connect((LOOPBACK, 4444))
        except TimeoutError:
            pass
    here = only_local_port(trace, 4444)
    life = trace.life(here)
    sent = sum(packet.destination == 4444 for packet in trace.packets)
    trace.expect(sent >= 2, "the SYN was not sent again")
    trace.expect_fields(life, ending="unanswered", error="ETIMEDOUT",
                        syn_retransmissions=sent - 1)
    trace.expect_fields(trace.step(here, "CLOSED"), cause="SYN retries used up")
    drops = [detail for detail in trace.details if detail["what"] == "drop"]
    trace.expect(drops and all(drop["reason"] == "NETFILTER_DROP" for drop in drops), f"{drops}")


@scenario
def unanswered_and_given_up():
    """The port shows although no event tells of it: connect() chooses it after SYN-SENT."""
    lab.filter_packets(("input", "tcp dport 4444 drop"))
    with Trace() as trace:
        client = lab.connecting(LOOPBACK, 4444)
        here = port_of(client)
        trace.expect(wait_for(lambda: any(line.get("local_port") == here
                                          for line in trace.stepping.lines), 5),
                     "the port did not show")
        client.close()
    trace.expect_fields(trace.life(here), ending="unanswered")
    trace.expect_fields(trace.step(here, "CLOSED"), cause="close()")


@scenario
def no_source_port():
    option("net.ipv4.ip_local_port_range", "50000 50000")
    server = listener(port=4000)
    first = socket.create_connection((LOOPBACK, 4000))
    with Trace() as trace:
        second = socket.socket()
        trace.expect(second.connect_ex((LOOPBACK, 4000)) != 0, "there was a second port")
        second.close()
    lives = [life for life in trace.lives if life.get("remote_port") == 4000]
    trace.expect(len(lives) == 1, f"not one life: {lives}")
    trace.expect_fields(lives[0], ending="no-source-port")
    first.close()
    server.close()


@scenario
def syn_ack_is_never_answered():
    option("net.ipv4.tcp_synack_retries", "1")
    server = listener()
    there = port_of(server)
    lab.filter_packets(("input", f"tcp sport {there} tcp flags & (syn|ack) == syn|ack drop"))
    with Trace() as trace:
        client = lab.connecting(LOOPBACK, there)
        here = port_of(client)
        time.sleep(0.1)
        client.close()  # no SYN comes again, which would prolong it
        wait_for(lambda: any(line.get("from") == "SYN-RECEIVED" for line in trace.stepping.lines),
                 10)
    trace.expect("SYN-RECEIVED" in trace.path(there, here), "no request was seen")
    ended = [life for life in trace.of(trace.lives, there, here)]
    trace.expect(ended and ended[0]["ending"] == "unanswered", f"{ended}")


# --- special ways ------------------------------------------------------------------------------


@scenario
def syn_cookies():
    option("net.ipv4.tcp_syncookies", "2")
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        client.close()
        accepted.close()
    trace.expect_path(there, "LISTEN", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED",
                      remote=here)
    trace.expect_fields(trace.life(there, here), ending="closed", syn_cookie=True)


@scenario
def deferred_accept():
    server = listener()
    server.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 5)
    with Trace() as trace:
        client = socket.create_connection((LOOPBACK, port_of(server)))
        here, there = port_of(client), port_of(server)
        time.sleep(0.6)
        client.sendall(b"now")
        accepted, _ = server.accept()
        accepted.recv(10)
        accepted.close()
        client.close()
    # tcpstates says 0.05 ms here: the time of the request socket is not seen by it.
    became = trace.step(there, "ESTABLISHED", here)
    trace.expect(became["lasted_at_least_us"] > 500_000,
                 f"SYN-RECEIVED lasted {became['lasted_at_least_us']} us, not 0.6 s")


@scenario
def fast_open():
    option("net.ipv4.tcp_fastopen", "3")
    server = listener()
    server.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    there = port_of(server)

    def exchange():
        client = socket.socket()
        client.sendto(b"at once", MSG_FASTOPEN, (LOOPBACK, there))
        accepted, _ = server.accept()
        accepted.recv(10)
        port = port_of(client)
        accepted.close()
        client.close()
        return port

    exchange()  # fetches the cookie
    with Trace() as trace:
        here = exchange()
    trace.expect_path(there, *ACCEPTED, *trace.path(there, here)[3:], remote=here)
    trace.expect_fields(trace.life(here), ending="closed", fast_open=True)


@scenario
def orphan_in_fin_wait_2():
    option("net.ipv4.tcp_fin_timeout", "2")
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here = port_of(client)
        client.close()
        wait_for(lambda: any(line.get("to") == "CLOSED" and line.get("local_port") == here
                             for line in trace.stepping.lines), 8)
        accepted.close()
    life = trace.life(here)
    trace.expect_fields(life, ending="orphaned", first_fin="local")
    orphan = [state for state in life["states"] if state["state"] == "FIN-WAIT-2"][-1]
    trace.expect(1_900_000 < orphan["lasted_at_least_us"] < 6_000_000, f"{orphan}")
    trace.expect_fields(trace.step(here, "CLOSED"),
                        cause="FIN-WAIT-2 timer (tcp_fin_timeout) after close()")


@scenario
def orphan_in_fin_wait_1():
    option("net.ipv4.tcp_orphan_retries", "1")
    server = listener()
    with Trace() as trace:
        client, accepted = pair(server)
        here, there = port_of(client), port_of(server)
        lab.filter_packets(("input", f"tcp dport {there} drop"))
        client.close()
        wait_for(lambda: any(line.get("from") == "FIN-WAIT-1" for line in trace.stepping.lines), 20)
        lab.stop_filtering()
        reset(accepted)
        time.sleep(0.1)
    life = trace.life(here)
    trace.expect_fields(life, ending="timed-out", error="ETIMEDOUT", first_fin="local")
    trace.expect(life["retransmissions"] > 0, "no retransmission was counted")
    trace.expect_fields(trace.step(here, "CLOSED"), cause="retransmissions used up")


@scenario
def time_wait_is_reopened():
    server = listener()
    there = port_of(server)

    def connect(port):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind((LOOPBACK, port))
        client.connect((LOOPBACK, there))
        accepted, _ = server.accept()
        return client, accepted

    with Trace() as trace:
        client, accepted = connect(42001)
        accepted.close()  # the server keeps TIME-WAIT
        client.recv(1)
        client.close()
        time.sleep(1.2)
        client, accepted = connect(42001)
        accepted.close()
        client.close()
        time.sleep(0.1)
    ended = [step for step in trace.of(trace.steps, there, 42001) if step.get("from") == "TIME-WAIT"]
    trace.expect(len(ended) == 1, f"not one TIME-WAIT ended: {ended}")
    trace.expect_fields(ended[0], cause="new SYN received")


@scenario
def time_wait_is_reused():
    option("net.ipv4.tcp_tw_reuse", "1")
    option("net.ipv4.ip_local_port_range", "50000 50000")
    server = listener(port=4000)
    with Trace() as trace:
        for _ in range(2):
            client, accepted = pair(server)
            client.close()  # the client keeps TIME-WAIT
            accepted.recv(1)
            accepted.close()
            time.sleep(1.3)
    ended = [step for step in trace.of(trace.steps, 50000, 4000) if step.get("from") == "TIME-WAIT"]
    trace.expect(len(ended) == 1, f"not one TIME-WAIT ended: {ended}")
    trace.expect_fields(ended[0], cause="connect() reuses the ports (tcp_tw_reuse)")


# --- owners -------------------------------------------------------------------------------------


@scenario
def process_is_killed():
    server = listener()

    def hold():
        client = socket.create_connection((LOOPBACK, port_of(server)))
        client.sendall(b"x")
        time.sleep(30)

    with Trace() as trace:
        child = fork(hold)
        accepted, remote = server.accept()
        accepted.recv(1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        trace.expect(accepted.recv(1) == b"", "the kernel did not close for the process")
        accepted.close()
        time.sleep(0.2)
    trace.expect_fields(trace.step(remote[1], "SYN-SENT"), pid=child)
    trace.expect_fields(trace.step(remote[1], "FIN-WAIT-1"), pid=child, sends="FIN")


@scenario
def accepted_by_a_worker():
    """The listener's process is not the one that works with the connection."""
    server = listener()

    def work():
        accepted, _ = server.accept()
        accepted.recv(10)
        time.sleep(0.5)
        accepted.close()

    with Trace() as trace:
        worker = fork(work)
        client = socket.create_connection((LOOPBACK, port_of(server)))
        here = port_of(client)
        client.sendall(b"hello")
        client.recv(1)
        client.close()
        os.waitpid(worker, 0)
        time.sleep(0.1)
    for state in ("FIN-WAIT-1", "TIME-WAIT"):
        trace.expect_fields(trace.step(port_of(server), state, here), pid=worker, owner="process")


@scenario
def descriptor_is_passed_on():
    server = listener()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

    def take_over():
        _, ancillary, _, _ = theirs.recvmsg(1, socket.CMSG_SPACE(4))
        descriptor = array.array("i", ancillary[0][2])[0]
        received = socket.socket(fileno=descriptor)
        received.recv(10)
        received.close()

    with Trace() as trace:
        other = fork(take_over)
        client, accepted = pair(server)
        here = port_of(client)
        accepted.sendall(b"mine at first")
        client.recv(20)
        ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                               array.array("i", [accepted.fileno()]))])
        accepted.close()
        client.sendall(b"hello")
        os.waitpid(other, 0)
        client.close()
        time.sleep(0.2)
    trace.expect_fields(trace.step(port_of(server), "FIN-WAIT-1", here), pid=other)


# --- where and what -----------------------------------------------------------------------------


@scenario
def older_than_the_trace():
    server = listener()
    client, accepted = pair(server)
    here, there = port_of(client), port_of(server)
    time.sleep(0.3)
    with Trace() as trace:
        client.close()
        accepted.recv(1)
        accepted.close()
        time.sleep(0.1)
    trace.expect_path(there, "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED", remote=here)
    trace.expect_fields(trace.life(there, here), ending="closed", opener="passive",
                        pid=os.getpid(), incomplete=True)


@scenario
def mapped_addresses():
    server = listener(address="::", family=socket.AF_INET6)
    with Trace() as trace:
        client = socket.create_connection((LOOPBACK, port_of(server)))
        accepted, _ = server.accept()
        here, there = port_of(client), port_of(server)
        client.close()
        accepted.recv(1)
        accepted.close()
    life = trace.life(there, here)
    trace.expect_fields(life, ending="closed", local_address="::ffff:127.0.0.1")
    trace.expect_fields(trace.step(here, "ESTABLISHED"), local_address="127.0.0.1")


@scenario
def ipv6():
    server = listener(address="::1", family=socket.AF_INET6)
    with Trace() as trace:
        client = socket.create_connection(("::1", port_of(server)))
        accepted, _ = server.accept()
        here, there = port_of(client), port_of(server)
        client.close()
        accepted.recv(1)
        accepted.close()
    trace.expect_fields(trace.life(there, here), ending="closed", remote_address="::1")


@scenario
def other_namespaces():
    with lab.other_host() as host:
        other = host.start(sys.executable, "-c",
                           "import socket,time\ns=socket.socket()\ns.bind(('10.9.0.2',80))\n"
                           "s.listen(4)\nc,_=s.accept()\nc.recv(1)\nc.close()")
        wait_for(lambda: ":80" in host.run("ss", "-tlnH"))
        with Trace("--all-netns", "--port", "80", packets=False) as everywhere:
            client = socket.create_connection((host.THERE, 80))
            here = port_of(client)
            client.sendall(b"x")
            client.recv(1)
            client.close()
            other.wait()
            time.sleep(0.2)
    path = everywhere.path(80, here)
    everywhere.expect(path[:3] == list(ACCEPTED), f"the other end went {path}")
    ours = everywhere.step(here, "ESTABLISHED")
    theirs = everywhere.step(80, "ESTABLISHED", here)
    everywhere.expect(ours["netns_inode"] != theirs["netns_inode"], "both in one namespace")


@scenario
def namespace_vanishes():
    host = lab.OtherHost()
    other = host.start(sys.executable, "-c",
                       "import socket\ns=socket.socket()\ns.bind(('10.9.0.2',80))\ns.listen(4)\n"
                       "c,_=s.accept()\nc.close()")
    wait_for(lambda: ":80" in host.run("ss", "-tlnH"))
    with Trace("--all-netns", "--port", "80", packets=False) as trace:
        client = socket.create_connection((host.THERE, 80))
        here = port_of(client)
        client.recv(1)
        client.close()
        other.wait()
        time.sleep(0.2)
        host.close()  # with its TIME-WAIT
        trace.expect(wait_for(lambda: any(line.get("from") == "TIME-WAIT"
                                          for line in trace.stepping.lines), 10),
                     "the end of its TIME-WAIT was not told")
    trace.expect_fields(trace.life(80, here), ending="closed", first_fin="local")


@scenario
def only_this_namespace():
    with lab.other_host() as host:
        with Trace(packets=False) as trace:
            host.run(sys.executable, "-c",
                     "import socket\ns=socket.socket()\ns.bind(('127.0.0.1',81))\ns.listen(1)\n"
                     "c=socket.create_connection(('127.0.0.1',81))\n")
        trace.expect(not trace.steps, f"another namespace was seen: {trace.steps}")


@scenario
def filtered_in_the_kernel():
    wanted, unwanted = listener(), listener()
    with Trace("--port", str(port_of(wanted)), packets=False) as trace:
        for server in (unwanted, wanted):
            client, accepted = pair(server)
            client.close()
            accepted.recv(1)
            accepted.close()
    ports = {port for step in trace.steps
             for port in (step.get("local_port"), step.get("remote_port"))}
    trace.expect(port_of(wanted) in ports and port_of(unwanted) not in ports, f"{ports}")


def main():
    if len(sys.argv) == 2 and sys.argv[1] == "list":
        print("\n".join(SCENARIOS))
        return
    if len(sys.argv) != 2 or sys.argv[1] not in SCENARIOS:
        sys.exit(__doc__)
    lab.leave_the_host()
    for attempt in range(3):
        try:
            SCENARIOS[sys.argv[1]]()
            print("ok")
            return
        except Unseen as unseen:
            print(f"once more: {unseen}")
    sys.exit("FAILED: three times something was not seen")


if __name__ == "__main__":
    main()
