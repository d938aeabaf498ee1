"""The measured decision table: what each row leaves, seen from the client, the server, and both.

A row's class is the largest set of causes that tcpdx may name for it; reach.py holds every verdict
against it. Cells of the table are quoted where they say who looks the same. A set that is wider than
a cell says why.
"""

# Classes that no client can split. S1: "SYN, ACK, FIN silent; closed port RST, reference port
# SYN+ACK, TTL 1 11/0, ping reply: server INPUT drop, router FORWARD drop, server egress drop or
# reject, return-path drop, SNAT exhaustion, MD5", and row k: "S1 expected".
S1 = {"input-drop", "path-drop", "output-drop", "return-path-drop", "address-translation-full",
      "connection-table-full", "md5-required"}
S2 = {"accept-queue-full", "syn-queue-full", "syn-filter"}
S3 = {"syn-filter-closed"}
S4 = {"host-off", "no-route-back", "reverse-path-filter"}
S5 = {"blackhole-route"}
S6 = {"default-drop", "default-drop-closed"}
R1 = {"port-closed", "other-address-only", "server-reset"}
# "root: ACK+FIN => S2/S3", and z2 "splits off by local gap/capture": without CAP_NET_RAW nobody can
# look behind the silence of one port.
SILENT = S1 | S2 | S3 | {"own-input-drop"}
# d4 is "unique if a reference TTL exists", and seeing a TTL needs CAP_NET_RAW.
REFUSED = R1 | {"middle-reset"}
# g3 "= j3 (u if no data)".
UNFINISHED = {"accept-queue-full-at-ack", "ack-lost", "defer-accept"}
# g4 "= app RST (r4)".
ENDED = {"overflow-reset", "program-ends-it"}
# r3 "= r2", r2 "= r3, n2, p3"; what small segments show tells n2, and several attempts p3.
NO_ANSWER = {"program-silent", "never-accepted"}
# "recovers at +1/+2/+3 s = loss, rate limit (gone at 2 s spacing) or overflowing accept queue"; p5 is
# "unique vs p4".
LOSSY = {"packet-loss", "accept-queue-overflows"}
LIMITED = {"syn-rate-limit", "accept-queue-overflows"}
# o' "= e2".
NO_ARP = {"next-hop-down", "gateway-ignores"}
# b' and b" "as b"; the server's snapshot says whether it has a listener.
DROPPED = {"input-drop", "syn-filter", "default-drop"}
DROPPED_CLOSED = {"input-drop", "syn-filter-closed", "default-drop-closed"}
# j2 "= client dead/spoofed", j3 and z2 "= j2".
NO_ACK = {"return-path-drop", "ack-lost", "own-input-drop"}
NO_ANSWERS_SEEN = {"output-drop", "return-path-drop", "own-input-drop"}

# Of the client, with CAP_NET_RAW. A row that is not here is unique: the true cause alone.
CLIENT = {
    "a": R1, "i": R1, "d1": R1,
    "b": S1, "b1": S2, "b1-syn-filter-closed": S3, "b2": S6, "c": S1,
    # 2.1, "ENETUNREACH, 3/0 from X: router X has no route". When X is the target itself, that is a
    # router which holds its address, or a filter of the target: not in the table.
    "d2-server-says-unreachable": {"server-says-unreachable", "router-no-route"},
    "e2-gateway-down": NO_ARP, "e3": S4,
    # What drops what belongs to no connection takes the split between S2 and S3 away.
    "g1-accept-queue-full-stateful": S2 | S3, "g1-accept-queue-full-behind-filter": S2 | S3,
    "g1": S2, "g1-accept-queue-overflows": LIMITED, "g2": S2, "g3": UNFINISHED, "g4": ENDED,
    # "= t, n1"; small segments tell n1. "Later SYNs silent" is also what w looks like.
    "g5": {"cookie-ghost", "connection-forgotten"},
    "h1": S2, "j1": S1, "j2": S1, "j3": UNFINISHED, "j4": S4,
    # "silent; S1 expected (raw battery not run here), any dst behind it". The battery shows that
    # the whole host is silent, as in S4, and the first router for everybody: a router that answers
    # nobody before a host of S4 looks the same.
    "k": S4 | {"connection-table-full"},
    "l2": S1, "o": S4, "o1": NO_ARP,
    # "unique vs loss/rate limit", and not vs a sibling of p3 whose queue is full, of which the row
    # knows only "connect always OK". For a flow that gets there both are silence. ACK and FIN from
    # its source port do not split them: what distributes flows by their first SYN (conntrack) does
    # not know such segments, and lets another host answer.
    "p2": {"backend-silent", "sibling-stuck"},
    "p3": {"sibling-stuck", "program-silent-sometimes"},
    "p3-sibling-full": {"sibling-stuck", "backend-silent"},
    "p4": LOSSY, "p5": LIMITED,
    "r2": NO_ANSWER, "r3": NO_ANSWER, "r4-program-resets": ENDED,
    "r4-program-resets-v6": ENDED, "s": S1, "u": UNFINISHED,
    # A probe of an own address sees both ends, column "B"; when a port mapping leads elsewhere, it
    # is a client as any other. That FIN and ACK are answered there by different hosts takes the
    # split between S1, S2 and S3 away.
    "own-port-mapped-elsewhere": R1, "own-port-mapped-to-full-queue": S1 | S2 | S3,
    # "undetectable without sending". Sent into silence, with new SYNs silent too, it is as g5.
    "w": {"gone-since", "cookie-ghost"},
}

# Without it, where that is less than what CAP_NET_RAW shows.
UNPRIVILEGED = {
    "a": REFUSED, "i": REFUSED, "d1": REFUSED, "d4": REFUSED,
    # "capture: SYN answered by bare ACK".
    "q2": SILENT | {"time-wait-kept"},
    "z2": SILENT,
    "g1-accept-queue-overflows": LIMITED,
    # Without a capture nothing shows that the SYNs came, or what left.
    "own-input-drop": SILENT, "own-answers-dropped": NO_ANSWERS_SEEN,
    # An own address is target, router (of a port mapping) and client, whoever sent the ICMP error.
    "own-rejects": {"server-reject", "middle-reject", "own-reject"},
    "own-port-mapped-elsewhere": REFUSED, "own-port-mapped-to-full-queue": SILENT,
    "g1-accept-queue-full-stateful": SILENT, "g1-accept-queue-full-behind-filter": S6,
    **{row: SILENT for row, cause in CLIENT.items() if cause in (S1, S2, S3)},
}

# What the server alone may say. A row that is not here: the true cause, or nothing.
SERVER = {
    "b": DROPPED, "b1": DROPPED, "b1-syn-filter-closed": DROPPED_CLOSED, "b2": DROPPED,
    "b2-default-drop-closed": DROPPED_CLOSED,
    "j2": NO_ACK, "j3": NO_ACK, "z2": NO_ACK,
    # "Send-Q + backoff + peer acks nothing": a client that has gone looks the same (j2, w).
    "n2": {"path-mtu-hole", "gone-since"},
}

# Both ends together leave the true cause alone, but where no SYN arrives and the router in between,
# at which nobody has looked, would have to say which it is: k, l2 and o' have no proof in "B".
JOINT = {
    "k": {"path-drop", "connection-table-full"},
    "l2": {"path-drop", "address-translation-full", "connection-table-full"},
    "o1": NO_ARP,
}


def allowed(classes, name, true):
    """The class of a condition: of its own name if it has one, else of its row."""
    alone = {true} if true else set()
    return classes.get(name, classes.get(name.split("-")[0], alone))


def classes_of(name, true):
    client = allowed(CLIENT, name, true)
    return {"root": client,
            "nobody": UNPRIVILEGED.get(name, UNPRIVILEGED.get(name.split("-")[0], client)),
            "server": allowed(SERVER, name, true), "joint": allowed(JOINT, name, true)}
