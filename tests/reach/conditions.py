"""All conditions, and what the server alone says of each."""

import time

import table
from condition import CONDITIONS
# Each adds its own to CONDITIONS.
import refused_or_silent
import connected
import own_host


def settle():
    time.sleep(0.3)


# What the server alone says, without the client's report: nothing where no SYN arrives, and nothing
# where it took the connection and sees no fault in what became of it.
DROPPED = {"input-drop", "syn-filter", "default-drop"}
DROPPED_CLOSED = {"input-drop", "syn-filter-closed", "default-drop-closed"}
NO_ACK = {"return-path-drop", "ack-lost", "own-input-drop"}
SEEN_BY_SERVER = {
    "a-port-closed": {"port-closed"}, "a-port-closed-v6": {"port-closed"},
    "i-loopback-only": {"other-address-only"}, "d1-server-rejects-with-reset": {"server-reset"},
    "d2-server-rejects": {"server-reject"}, "d2-server-rejects-v6": {"server-reject"},
    "d2-server-says-unreachable": {"server-says-unreachable"},
    "d3-server-prohibits": {"server-prohibits"}, "d3-server-prohibits-v6": {"server-prohibits"},
    "d8-no-tcp-at-all": {"protocol-unreachable"},
    "b-input-drop": DROPPED, "b-input-drop-v6": DROPPED, "b1-syn-filter": DROPPED,
    "b2-default-drop": DROPPED, "b1-syn-filter-closed": DROPPED_CLOSED,
    "b2-default-drop-closed": DROPPED_CLOSED,
    "g1-accept-queue-full": {"accept-queue-full"},
    "g1-accept-queue-full-v6": {"accept-queue-full"},
    "g1-accept-queue-full-stateful": {"accept-queue-full"},
    "g1-accept-queue-full-behind-filter": {"accept-queue-full"},
    "g1-accept-queue-overflows": {"accept-queue-overflows"},
    "g2-accept-queue-full-abort": {"accept-queue-full"},
    "g3-queue-full-at-ack": {"accept-queue-full-at-ack"}, "g4-overflow-reset": {"overflow-reset"},
    "g5-cookie-ghost": {"cookie-ghost"}, "h1-syn-queue-full": {"syn-queue-full"},
    "h2-syn-flood": {"syn-flood"},
    "j1-output-drop": {"output-drop"}, "j1-output-reject": {"output-drop"},
    "j2-return-path-drop": NO_ACK, "j3-ack-lost": NO_ACK, "z2-own-input-drop": NO_ACK,
    "z2-own-input-drop-v6": NO_ACK, "j4-no-route-back": {"no-route-back"},
    "n2-path-mtu-hole-back": {"path-mtu-hole", "gone-since"},
    "o-reverse-path-filter": {"reverse-path-filter"},
    "p3-sibling-stuck": {"sibling-stuck"}, "p3-sibling-full": {"sibling-stuck"},
    "q2-time-wait-kept": {"time-wait-kept"}, "r2-request-unread": {"program-silent"},
    "r3-never-accepted": {"never-accepted"}, "r4-ended-by-request": {"ended-by-request"},
    "r4-program-resets": {"program-ends-it"}, "r4-program-resets-v6": {"program-ends-it"},
    "r5-reader-stopped": {"reader-stopped"}, "s-md5-required": {"md5-required"},
    "u-defer-accept": {"defer-accept"},
}
assert set(SEEN_BY_SERVER) <= set(CONDITIONS)
for _each in CONDITIONS.values():
    _expected = {"root": _each.client, "nobody": _each.unprivileged, "joint": _each.joint,
                 "server": SEEN_BY_SERVER.get(_each.name, set())}
    for _who in ("root", "nobody", "joint"):
        assert not _each.true or not _expected[_who] or _each.true in _expected[_who] or \
            (_who == "nobody" and _each.hidden), f"{_each.name}, {_who}: misses the true cause"
    for _who, _class in table.classes_of(_each.name, _each.true).items():
        assert _expected[_who] <= _class, f"{_each.name}, {_who}: wider than the table"
