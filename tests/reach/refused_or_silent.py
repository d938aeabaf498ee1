"""Conditions in which a connection does not come about."""

import sys

from condition import *


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


# A router that holds the address for others sends the same when it has no way to them.
@condition("server-says-unreachable", {"server-says-unreachable", "router-no-route"})
def d2_server_says_unreachable(net):
    net.s.filter("input", f"tcp dport {PORT} reject with icmp type net-unreachable")


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


# A stateful filter takes an ACK for a new flow, and throws a bare FIN away, so that nobody can tell
# whether a program listens.
@condition("accept-queue-full", S2 | S3, SILENT, serves=False)
def g1_accept_queue_full_stateful(net):
    net.r.filter("forward", "ct state invalid drop")
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER, PORT, 3)


# The usual filter of a server. Without CAP_NET_RAW it looks as if the filter had the port too.
@condition("accept-queue-full", S2 | S3, S6, serves=False, hidden=True)
def g1_accept_queue_full_behind_filter(net):
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER, PORT, 3)
    net.s.filter("input", "ct state established,related accept")
    net.s.run("nft", f"add rule inet lab input_filter tcp dport {{ {OPEN}, {PORT} }} "
                     "ct state new accept")
    net.s.run("nft", "add rule inet lab input_filter ip protocol tcp drop")


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
