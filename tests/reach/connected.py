"""Conditions in which a connection comes about, at least sometimes."""

import sys
import time

from condition import *


# --- connected, and yet -----------------------------------------------------------------------


# The queue has to fill between the SYN and its ACK.
SLOW = 0.05


@condition("accept-queue-full-at-ack", UNFINISHED, serves=False, status=1, delay=SLOW)
def g3_queue_full_at_ack(net):
    net.s.peer("trap", PORT)


@condition("overflow-reset", ENDED, serves=False, status=1, delay=SLOW)
def g4_overflow_reset(net):
    net.s.option("net.ipv4.tcp_abort_on_overflow", 1)
    net.s.peer("trap", PORT)


@condition("ack-lost", UNFINISHED, status=1)
def j3_ack_lost(net):
    net.r.filter("forward", f"tcp dport {PORT} tcp flags & (syn|ack) == ack drop")


@condition("defer-accept", UNFINISHED, serves=False, status=1)
def u_defer_accept(net):
    net.s.peer("defer", PORT, 1)


@condition("program-ends-it", ENDED, serves=False, status=1)
def r4_program_resets(net):
    net.s.peer("reset", PORT)


@condition("program-ends-it", {"program-ends-it"}, serves=False, status=1)
def r4_program_closes(net):
    net.s.peer("close", PORT)


@condition("program-ends-it", ENDED, serves=False, status=1, target=SERVER6)
def r4_program_resets_v6(net):
    net.s.peer("reset", PORT)


@condition("syn-flood", set(), status=0)
def h2_syn_flood(net):
    net.s.option("net.ipv4.tcp_syncookies", 1)
    net.r.run("ip", "route", "add", "blackhole", "10.3.0.0/24")
    net.r.peer("half-open", SERVER, PORT, 120)
    net.r.peer("flood", SERVER, PORT)


# --- connected, and no answer ------------------------------------------------------------------

TALK = ("--send", "hello", "--expect", "answer")


@condition("", set(), status=0, options=TALK)
def ok_answers(net):
    pass


@condition("program-silent", {"program-silent", "never-accepted"}, serves=False, status=1,
           options=TALK)
def r2_program_silent(net):
    net.s.peer("silent", PORT)


@condition("never-accepted", {"program-silent", "never-accepted"}, serves=False, status=1,
           options=TALK)
def r3_never_accepted(net):
    net.s.peer("listen", PORT, 16)


@condition("path-mtu-hole", status=1, options=("--send", "x" * 4000, "--expect", "answer"))
def n1_path_mtu_hole(net):
    net.r.run("ip", "link", "set", "lan", "mtu", "1000")
    net.r.filter("output", "icmp type destination-unreachable drop")


@condition("path-mtu-hole", serves=False, status=1, options=TALK)
def n2_path_mtu_hole_back(net):
    net.s.peer("large", PORT)
    net.r.run("ip", "link", "set", "wire", "mtu", "1000")
    net.r.filter("output", "icmp type destination-unreachable drop")


@condition("ended-by-request", serves=False, status=1, options=TALK)
def r4_ended_by_request(net):
    net.s.peer("hang-up", PORT)


@condition("reader-stopped", serves=False, status=1,
           options=("--send", "x" * 20000, "--expect", "answer"))
def r5_reader_stopped(net):
    net.s.peer("unread", PORT)


@condition("program-silent", {"program-silent", "never-accepted"}, serves=False, status=1,
           options=TALK)
def r2_request_unread(net):
    net.s.peer("unread", PORT)


@condition("connection-forgotten", status=1, options=("--idle", "4", *TALK),
           says="a fresh connection gets an answer")
def t_connection_forgotten(net):
    net.r.filter("forward", "ct state invalid drop")
    net.r.option("net.netfilter.nf_conntrack_tcp_loose", 0)
    net.r.option("net.netfilter.nf_conntrack_tcp_timeout_established", 2)


def switch_off(net):
    time.sleep(2)
    net.s.run("ip", "link", "set", "eth0", "down")


@condition("gone-since", {"gone-since", "cookie-ghost"}, status=1, alone=True, during=switch_off,
           options=("--idle", "4", *TALK))
def w_peer_switched_off(net):
    pass


@condition("cookie-ghost", {"cookie-ghost", "connection-forgotten"}, serves=False, status=1,
           options=TALK, delay=SLOW)
def g5_cookie_ghost(net):
    net.s.option("net.ipv4.tcp_syncookies", 2)
    net.s.peer("trap", PORT)


@condition("certificate-expired", serves=False, status=1, options=("--tls",))
def r1_certificate_expired(net):
    net.s.peer("tls", PORT, "expired")


@condition("certificate-untrusted", serves=False, status=1, options=("--tls",))
def r1_certificate_untrusted(net):
    net.s.peer("tls", PORT, "valid")


@condition("not-tls", status=1, options=("--tls",))
def r1_not_tls(net):
    pass


# --- connects sometimes -------------------------------------------------------------------------

OFTEN = ("--count", "12")
UNSTEADY = {"accept-queue-overflows"}


def two_backends(net):
    net.s.peer("serve", 8081)
    net.s.filter("prerouting", f"tcp dport {PORT} redirect to :jhash tcp sport mod 2 map "
                               "{ 0 : 8081, 1 : 8082 }", kind="nat", priority="-100")


@condition("", set(), status=0, options=OFTEN)
def ok_often(net):
    pass


@condition("backend-refuses", serves=False, status=1, options=OFTEN,
           says="it goes by the source port")
def p1_backend_refuses(net):
    two_backends(net)


@condition("backend-silent", {"backend-silent", "sibling-stuck"}, joint={"backend-silent"}, serves=False, status=1, options=("--count", "10"))
def p2_backend_silent(net):
    two_backends(net)
    net.s.filter("input", "tcp dport 8082 drop")


@condition("sibling-stuck", {"sibling-stuck", "program-silent-sometimes"}, serves=False, status=1,
           options=("--count", "10", *TALK))
def p3_sibling_stuck(net):
    net.s.peer("serve-shared", PORT)
    net.s.peer("listen-shared", PORT, 16)


# Its queue is full after one connection, and the kernel still gives it others.
@condition("sibling-stuck", {"backend-silent", "sibling-stuck"}, serves=False, status=1,
           options=("--count", "10", "--timeout", "1.5"))
def p3_sibling_full(net):
    net.s.peer("serve-shared", PORT)
    net.s.peer("listen-shared", PORT, 0)


@condition("accept-queue-overflows", UNSTEADY | {"syn-rate-limit"}, serves=False, status=1,
           options=OFTEN)
def g1_accept_queue_overflows(net):
    net.s.peer("slow", PORT, 1, 0.5)


@condition("local-ports-used-up", status=1, options=OFTEN)
def l1_local_ports_run_out(net):
    net.c.option("net.ipv4.ip_local_port_range", "40000 40007")


@condition("packet-loss", UNSTEADY | {"packet-loss"}, status=1, options=OFTEN,
           joint={"packet-loss"})
def p4_packet_loss(net):
    net.r.filter("forward", f"tcp dport {PORT} tcp flags & (syn|ack) == syn "
                            "numgen inc mod 3 == 1 drop")


@condition("syn-rate-limit", UNSTEADY | {"syn-rate-limit"}, status=1, options=OFTEN,
           joint={"syn-rate-limit"})
def p5_syn_rate_limit(net):
    net.r.filter("forward", f"tcp dport {PORT} tcp flags & (syn|ack) == syn "
                            "limit rate over 1/second burst 3 packets drop")
