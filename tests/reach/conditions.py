"""Why a port does not answer: each condition made on the real kernel, and what must be said of it.

A condition is a function that changes a healthy network, in which the server serves PORT and OPEN,
unless it says `serves=False`. `client` are the causes that a client with CAP_NET_RAW cannot tell
apart, `unprivileged` those without it; none when it looks healthy to a client. The first word of the name is the row of docs/reach.md.
"""

import dataclasses
import sys
import time

from network import CLIENT, CLIENT6, DELAY, FAR_ROUTER, OPEN, PEER, PORT, ROUTER, SERVER, SERVER6

# Classes that no client can split (docs/reach.md).
S1 = {"input-drop", "path-drop", "output-drop", "return-path-drop", "address-translation-full",
      "connection-table-full", "md5-required"}
S2 = {"accept-queue-full", "syn-queue-full", "syn-filter"}
S3 = {"syn-filter-closed"}
S4 = {"host-off", "no-route-back", "reverse-path-filter"}
S5 = {"blackhole-route"}
S6 = {"default-drop", "default-drop-closed"}
R1 = {"port-closed", "other-address-only", "server-reset"}
# Without raw segments nobody can look behind the silence of one port.
SILENT = S1 | S2 | S3 | {"own-input-drop"}
REFUSED = R1 | {"middle-reset"}
UNFINISHED = {"accept-queue-full-at-ack", "ack-lost", "defer-accept"}
ENDED = {"overflow-reset", "program-ends-it"}

CONDITIONS = {}


@dataclasses.dataclass
class Condition:
    name: str
    setup: object
    true: str
    client: set
    unprivileged: set
    serves: bool = True
    target: str = SERVER
    status: int = 2
    alone: bool = False  # the server cannot be asked
    options: tuple = ()  # of tcpdx probe
    delay: float = DELAY  # of the wire, in seconds
    says: str = ""  # is in the evidence, beside the cause
    during: object = None  # happens while the probe runs
    joint: set = None  # what both ends together leave; the true cause alone unless said otherwise


def condition(true, client=None, unprivileged=None, **more):
    def register(setup):
        name = setup.__name__.replace("_", "-")
        alone = {true} if true else set()
        CONDITIONS[name] = Condition(name, setup, true, client if client is not None else alone,
                                     unprivileged or (client if client is not None else alone),
                                     **more)
        CONDITIONS[name].joint = alone if CONDITIONS[name].joint is None else CONDITIONS[name].joint
        return setup
    return register


def other_interface(host):
    """One that is up and leads nowhere."""
    host.run("ip", "link", "add", "other", "type", "veth", "peer", "name", "nowhere")
    host.run("ip", "link", "set", "other", "up")
    host.run("ip", "link", "set", "nowhere", "up")


# --- healthy ----------------------------------------------------------------------------------


@condition("", set(), status=0)
def ok(net):
    pass


@condition("", set(), status=0, target=SERVER6)
def ok_v6(net):
    pass


# --- refused ----------------------------------------------------------------------------------


@condition("port-closed", R1, REFUSED, serves=False)
def a_port_closed(net):
    pass


@condition("port-closed", R1, REFUSED, serves=False, target=SERVER6)
def a_port_closed_v6(net):
    pass


@condition("other-address-only", R1, REFUSED, serves=False)
def i_loopback_only(net):
    net.s.peer("serve", PORT, "127.0.0.1")


@condition("server-reset", R1, REFUSED)
def d1_server_rejects_with_reset(net):
    net.s.filter("input", f"tcp dport {PORT} reject with tcp reset")


@condition("server-reject")
def d2_server_rejects(net):
    net.s.filter("input", f"tcp dport {PORT} reject")


@condition("server-reject", target=SERVER6)
def d2_server_rejects_v6(net):
    net.s.filter("input", f"tcp dport {PORT} reject")


@condition("server-prohibits")
def d3_server_prohibits(net):
    net.s.filter("input", f"tcp dport {PORT} reject with icmpx admin-prohibited")


@condition("server-prohibits", target=SERVER6)
def d3_server_prohibits_v6(net):
    net.s.filter("input", f"tcp dport {PORT} reject with icmpx admin-prohibited")


@condition("middle-reset", {"middle-reset"}, REFUSED)
def d4_router_rejects_with_reset(net):
    net.r.filter("forward", f"tcp dport {PORT} reject with tcp reset")


@condition("middle-reset", {"middle-reset"}, REFUSED, target=SERVER6)
def d4_router_rejects_with_reset_v6(net):
    net.r.filter("forward", f"tcp dport {PORT} reject with tcp reset")


@condition("middle-reject")
def d5_router_rejects(net):
    net.r.filter("forward", f"tcp dport {PORT} reject")


@condition("middle-prohibits")
def d6_router_prohibits(net):
    net.r.filter("forward", f"tcp dport {PORT} reject with icmpx admin-prohibited")


@condition("middle-prohibits", target=SERVER6)
def d6_router_prohibits_v6(net):
    net.r.filter("forward", f"tcp dport {PORT} reject with icmpx admin-prohibited")


@condition("own-reject")
def d7_client_rejects(net):
    net.c.filter("output", f"tcp dport {PORT} reject")


@condition("middle-prohibits")
def d6_router_prohibits_the_network(net):
    net.r.filter("forward", f"tcp dport {PORT} reject with icmp type net-prohibited")


@condition("middle-reject", target=SERVER6)
def d5_router_rejects_v6(net):
    net.r.filter("forward", f"tcp dport {PORT} reject")


@condition("own-reject", target=SERVER6)
def d7_client_rejects_v6(net):
    net.c.filter("output", f"tcp dport {PORT} reject")


@condition("protocol-unreachable")
def d8_no_tcp_at_all(net):
    net.s.filter("input", f"tcp dport {PORT} reject with icmp type prot-unreachable")


# --- one port silent --------------------------------------------------------------------------


@condition("input-drop", S1, SILENT)
def b_input_drop(net):
    net.s.filter("input", f"tcp dport {PORT} drop")


@condition("input-drop", S1, SILENT, target=SERVER6)
def b_input_drop_v6(net):
    net.s.filter("input", f"tcp dport {PORT} drop")


@condition("syn-filter", S2, SILENT)
def b1_syn_filter(net):
    net.s.filter("input", f"tcp dport {PORT} tcp flags & (syn|ack) == syn drop")


@condition("syn-filter-closed", S3, SILENT, serves=False)
def b1_syn_filter_closed(net):
    net.s.filter("input", f"tcp dport {PORT} tcp flags & (syn|ack) == syn drop")


@condition("path-drop", S1, SILENT)
def c_forward_drop(net):
    net.r.filter("forward", f"tcp dport {PORT} drop")


@condition("accept-queue-full", S2, SILENT, serves=False)
def g1_accept_queue_full(net):
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER, PORT, 3)


@condition("accept-queue-full", S2, SILENT, serves=False)
def g2_accept_queue_full_abort(net):
    net.s.option("net.ipv4.tcp_abort_on_overflow", 1)
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER, PORT, 3)


@condition("accept-queue-full", S2, SILENT, serves=False, target=SERVER6)
def g1_accept_queue_full_v6(net):
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER6, PORT, 3)


@condition("syn-queue-full", S2, SILENT)
def h1_syn_queue_full(net):
    net.s.option("net.ipv4.tcp_syncookies", 0)
    net.s.option("net.ipv4.tcp_max_syn_backlog", 64)
    net.r.run("ip", "route", "add", "blackhole", "10.3.0.0/24")
    net.r.peer("half-open", SERVER, PORT, 120)


@condition("output-drop", S1, SILENT)
def j1_output_drop(net):
    net.s.filter("output", f"tcp sport {PORT} drop")


@condition("output-drop", S1, SILENT)
def j1_output_reject(net):
    net.s.filter("output", f"tcp sport {PORT} reject")


@condition("return-path-drop", S1, SILENT)
def j2_return_path_drop(net):
    net.r.filter("forward", f"tcp sport {PORT} drop")


@condition("address-translation-full", S1, SILENT,
           joint={"path-drop", "address-translation-full", "connection-table-full"})
def l2_translation_full(net):
    net.r.filter("postrouting", f"ip saddr {CLIENT} meta l4proto tcp snat ip to "
                                f"{FAR_ROUTER}:5000-5003", kind="nat", priority="100")
    net.c.peer("fill", SERVER, PORT, 6)


@condition("md5-required", S1, SILENT, serves=False)
def s_md5_required(net):
    net.s.peer("md5", PORT, CLIENT)


@condition("own-output-drop")
def z1_own_output_drop(net):
    net.c.filter("output", f"tcp dport {PORT} drop")


@condition("own-output-drop", target=SERVER6)
def z1_own_output_drop_v6(net):
    net.c.filter("output", f"tcp dport {PORT} drop")


@condition("own-input-drop", {"own-input-drop"}, SILENT)
def z2_own_input_drop(net):
    net.c.filter("input", f"tcp sport {PORT} drop")


@condition("own-input-drop", {"own-input-drop"}, SILENT, target=SERVER6)
def z2_own_input_drop_v6(net):
    net.c.filter("input", f"tcp sport {PORT} drop")


def remembered(net):
    """The server keeps the last connection from the client's only local port in TIME-WAIT, with a
    timestamp that is ahead of what comes next: as of two hosts behind one address translator.
    With tcp_timestamps 1 there is a random offset, with 2 there is none; which is ahead, is luck."""
    only_port = 40000

    def leave(how):
        net.c.option("net.ipv4.tcp_timestamps", how)
        net.c.run(sys.executable, str(PEER), "leave", SERVER, str(PORT), str(only_port))

    def rejected():
        return int(net.s.run("nstat", "-asz", "TcpExtPAWSTimewait").split()[-2])

    for first, second in ((1, 2), (2, 1)):
        leave(first)
        before = rejected()
        leave(second)
        if rejected() > before:
            leave(first)
            net.c.option("net.ipv4.tcp_timestamps", second)
            net.c.option("net.ipv4.ip_local_port_range", f"{only_port} {only_port}")
            return
    raise RuntimeError("neither timestamp is ahead of the other")


@condition("", set(), status=0)
def q1_time_wait(net):
    remembered(net)


@condition("time-wait-kept", {"time-wait-kept"}, SILENT | {"time-wait-kept"})
def q2_time_wait_kept(net):
    remembered(net)
    net.s.option("net.ipv4.tcp_rfc1337", 1)


# --- the host silent --------------------------------------------------------------------------


@condition("default-drop", S6)
def b2_default_drop(net):
    net.s.filter("input", f"tcp dport != {OPEN} drop")
    net.s.run("nft", "add rule inet lab input_filter icmp type echo-request drop")


@condition("default-drop-closed", S6, serves=False)
def b2_default_drop_closed(net):
    net.s.filter("input", f"tcp dport != {OPEN} drop")
    net.s.run("nft", "add rule inet lab input_filter icmp type echo-request drop")


@condition("host-down", alone=True)
def e1_host_down_far(net):
    net.s.run("ip", "link", "set", "eth0", "down")
    net.r.run("ip", "neighbour", "flush", "all")


@condition("host-down", target=SERVER6, alone=True)
def e1_host_down_far_v6(net):
    net.s.run("ip", "link", "set", "eth0", "down")
    net.r.run("ip", "-6", "neighbour", "flush", "all")


@condition("next-hop-down", target="10.1.0.77", alone=True)
def e2_host_down_own_lan(net):
    pass


@condition("next-hop-down", target="fd01::77", alone=True)
def e2_host_down_own_lan_v6(net):
    pass


@condition("next-hop-down", {"next-hop-down", "gateway-ignores"}, alone=True)
def e2_gateway_down(net):
    net.c.run("ip", "route", "replace", "default", "via", "10.1.0.99")


@condition("host-off", S4, alone=True)
def e3_host_off_arp_cached(net):
    link = net.s.run("cat", "/sys/class/net/eth0/address").strip()
    net.r.run("ip", "neighbour", "replace", SERVER, "lladdr", "02:00:00:00:00:99", "dev", "lan",
              "nud", "permanent")
    assert link


# Whatever needs a new entry is dropped, also what is sent to find the router.
@condition("connection-table-full", S4 | {"connection-table-full"},
           joint={"path-drop", "connection-table-full"})
def k_connection_table_full(net):
    net.r.filter("forward", "ct state established accept")
    net.r.peer("fill-tracking")


@condition("no-route-back", S4)
def j4_no_route_back(net):
    net.s.run("ip", "route", "delete", "default")


@condition("blackhole-route", S5)
def m_blackhole_route(net):
    net.r.run("ip", "route", "add", "blackhole", f"{SERVER}/32")


@condition("reverse-path-filter", S4)
def o_reverse_path_filter(net):
    other_interface(net.s)
    net.s.run("ip", "route", "add", "10.1.0.0/24", "dev", "other")
    net.s.option("net.ipv4.conf.all.rp_filter", 1)
    net.s.option("net.ipv4.conf.eth0.rp_filter", 1)


@condition("gateway-ignores", {"next-hop-down", "gateway-ignores"},
           joint={"next-hop-down", "gateway-ignores"})
def o1_gateway_ignores(net):
    other_interface(net.r)
    net.r.run("ip", "route", "add", f"{CLIENT}/32", "dev", "other")
    net.r.option("net.ipv4.conf.all.rp_filter", 1)
    net.r.option("net.ipv4.conf.wire.rp_filter", 1)
    net.c.run("ip", "neighbour", "flush", "all")


# --- routes -----------------------------------------------------------------------------------


@condition("no-route")
def f_no_route(net):
    net.c.run("ip", "route", "delete", "default")


@condition("no-route", says="the interface wire is down")
def f_interface_down(net):
    net.c.run("ip", "link", "set", "wire", "down")


@condition("no-route", target=SERVER6, says="the interface wire is down")
def f_interface_down_v6(net):
    net.c.run("ip", "link", "set", "wire", "down")


@condition("route-unreachable")
def f_route_unreachable(net):
    net.c.run("ip", "route", "add", "unreachable", f"{SERVER}/32")


@condition("route-prohibits")
def f_route_prohibits(net):
    net.c.run("ip", "route", "add", "prohibit", f"{SERVER}/32")


@condition("route-blackhole")
def f_route_blackhole(net):
    net.c.run("ip", "route", "add", "blackhole", f"{SERVER}/32")


@condition("no-route", target=SERVER6)
def f_no_route_v6(net):
    net.c.run("ip", "-6", "route", "delete", "default")


@condition("route-unreachable", target=SERVER6)
def f_route_unreachable_v6(net):
    net.c.run("ip", "-6", "route", "add", "unreachable", f"{SERVER6}/128")


@condition("route-prohibits", target=SERVER6)
def f_route_prohibits_v6(net):
    net.c.run("ip", "-6", "route", "add", "prohibit", f"{SERVER6}/128")


@condition("route-blackhole", target=SERVER6)
def f_route_blackhole_v6(net):
    net.c.run("ip", "-6", "route", "add", "blackhole", f"{SERVER6}/128")


@condition("router-no-route", target="10.9.9.9", alone=True)
def f3_router_no_route(net):
    pass


@condition("router-no-route", target="fd09::9", alone=True)
def f3_router_no_route_v6(net):
    pass


@condition("router-unreachable", target="10.9.9.9", alone=True)
def f4_router_unreachable(net):
    net.r.run("ip", "route", "add", "unreachable", "10.9.9.9/32")


@condition("routing-loop", target="10.9.9.9", alone=True)
def x_routing_loop(net):
    net.r.run("ip", "route", "add", "10.9.0.0/16", "via", SERVER)
    net.s.option("net.ipv4.ip_forward", 1)


# ICMPv6 has no other word for it than "no route".
@condition("router-no-route", target="fd09::9", alone=True)
def f4_router_unreachable_v6(net):
    net.r.run("ip", "-6", "route", "add", "unreachable", "fd09::9/128")


@condition("routing-loop", target="fd09::9", alone=True)
def x_routing_loop_v6(net):
    net.r.run("ip", "-6", "route", "add", "fd09::/64", "via", SERVER6)
    net.s.option("net.ipv6.conf.all.forwarding", 1)


@condition("local-ports-used-up", target=SERVER6)
def l1_local_ports_used_up_v6(net):
    net.c.option("net.ipv4.ip_local_port_range", "40000 40009")
    net.c.peer("ports", SERVER6, PORT)


@condition("local-ports-used-up")
def l1_local_ports_used_up(net):
    net.c.option("net.ipv4.ip_local_port_range", "40000 40009")
    net.c.peer("ports", SERVER, PORT)


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


@condition("syn-flood", set(), status=0, during=lambda net: net.r.peer("flood", SERVER, PORT))
def h2_syn_flood(net):
    net.s.option("net.ipv4.tcp_syncookies", 1)
    net.r.run("ip", "route", "add", "blackhole", "10.3.0.0/24")
    net.r.peer("half-open", SERVER, PORT, 120)


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


def settle():
    time.sleep(0.3)
