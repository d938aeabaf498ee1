"""What a condition is: how it is made on the real kernel, and what must be said of it.

A condition is a function that changes a healthy network, in which the server serves PORT and OPEN,
unless it says `serves=False`. `client` are the causes that a client with CAP_NET_RAW cannot tell
apart, `unprivileged` those without it; none when it looks healthy to a client. The first word of
the name is the row of docs/reach.md.
"""

import dataclasses
import time

from network import CLIENT, CLIENT6, DELAY, FAR_ROUTER, OPEN, PEER, PORT, ROUTER, SERVER, SERVER6
from table import ENDED, R1, REFUSED, S1, S2, S3, S4, S5, S6, SILENT, UNFINISHED

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
    at_server: bool = False  # it probes itself
    options: tuple = ()  # of tcpdx probe
    delay: float = DELAY  # of the wire, in seconds
    says: str = ""  # is in the evidence, beside the cause
    during: object = None  # happens while the probe runs
    hidden: bool = False  # by a filter that is not the cause, from those without CAP_NET_RAW
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
