"""Conditions of a host that probes an address of its own, and so sees both ends."""

from condition import *
from connected import TALK


@condition("", set(), status=0, target="127.0.0.1", at_server=True, alone=True)
def own_ok(net):
    pass


@condition("", set(), status=0, target=SERVER6, at_server=True, alone=True)
def own_ok_v6(net):
    pass


@condition("port-closed", target="127.0.0.1", serves=False, at_server=True, alone=True,
           says="both ends were looked at")
def own_port_closed(net):
    pass


@condition("other-address-only", target=SERVER, serves=False, at_server=True, alone=True)
def own_loopback_only(net):
    net.s.peer("serve", PORT, "127.0.0.1")


@condition("server-reject", {"server-reject"}, {"server-reject", "middle-reject", "own-reject"},
           target=SERVER, at_server=True, alone=True)
def own_rejects(net):
    net.s.filter("input", f"tcp dport {PORT} reject")


@condition("accept-queue-full", target=SERVER, serves=False, at_server=True, alone=True)
def own_accept_queue_full(net):
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER, PORT, 3)


@condition("accept-queue-full", target=SERVER6, serves=False, at_server=True, alone=True)
def own_accept_queue_full_v6(net):
    net.s.peer("listen", PORT, 2)
    net.r.peer("fill", SERVER6, PORT, 3)


# Without a capture nothing shows that the SYNs have come back in.
@condition("input-drop", {"input-drop"}, SILENT, target="127.0.0.1", at_server=True, alone=True)
def own_input_drop(net):
    net.s.filter("input", f"tcp dport {PORT} drop")


# What leaves only a capture shows.
@condition("output-drop", {"output-drop"}, {"output-drop", "return-path-drop", "own-input-drop"},
           target="127.0.0.1", at_server=True, alone=True)
def own_answers_dropped(net):
    net.s.filter("output", f"tcp sport {PORT} drop")


@condition("own-output-drop", target="127.0.0.1", at_server=True, alone=True)
def own_syns_dropped(net):
    net.s.filter("output", f"tcp dport {PORT} drop")


@condition("never-accepted", serves=False, status=1, target="127.0.0.1", at_server=True,
           alone=True, options=TALK)
def own_never_accepted(net):
    net.s.peer("listen", PORT, 16)


# As the port mapping of a container, in which nothing listens: this host knows nothing of it.
@condition("port-closed", R1, REFUSED, target=SERVER, serves=False, at_server=True, alone=True,
           says="is an address of this host")
def own_port_mapped_elsewhere(net):
    net.s.filter("output", f"ip daddr {SERVER} tcp dport {PORT} dnat ip to {FAR_ROUTER}",
                 kind="nat", priority="-100")


# And here something does that has a full queue.
@condition("accept-queue-full", S1 | S2 | S3, SILENT, target=SERVER, serves=False, at_server=True,
           alone=True, says="is an address of this host")
def own_port_mapped_to_full_queue(net):
    net.r.peer("listen", PORT, 2)
    net.r.peer("fill", FAR_ROUTER, PORT, 3)
    net.s.filter("output", f"ip daddr {SERVER} tcp dport {PORT} dnat ip to {FAR_ROUTER}",
                 kind="nat", priority="-100")
