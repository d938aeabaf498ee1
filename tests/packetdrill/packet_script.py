"""Reads the part of packetdrill's notation that our scenarios use.

Every event becomes one of the classes below; times are in microseconds from the start. A relative
time counts from the event before it, as in packetdrill.
"""

import dataclasses
import re

SYMBOLS_OF_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128}
ECN_CODES = {"noecn": 0, "ect1": 1, "ect0": 2, "ce": 3}


@dataclasses.dataclass
class Packet:
    inbound: bool
    flags: int
    sequence: int
    length: int
    acknowledgment: int | None
    window: int | None
    urgent: int
    options: list | None  # None: whatever they are
    ecn: int | None


@dataclasses.dataclass
class Icmp:
    """An error about a segment of ours, of which it quotes the beginning."""
    type: int
    code: int
    mtu: int
    sequence: int


@dataclasses.dataclass
class Call:
    name: str
    arguments: list
    result: int
    error: str | None
    blocks_until: int | None = None  # time, or None for a call that does not block


@dataclasses.dataclass
class Event:
    line: int
    time: int | None  # None: any time
    latest: int | None
    relative: bool
    what: Packet | Icmp | Call


class ScriptError(Exception):
    pass


def microseconds(text):
    return round(float(text) * 1_000_000)


def parse_options(text):
    if text.strip() == "...":
        return None
    options = []
    for part in text.split(","):
        words = part.split()
        if words[0] == "mss":
            options.append(("mss", int(words[1])))
        elif words[0] == "wscale":
            options.append(("wscale", int(words[1])))
        elif words[0] == "TS":
            options.append(("TS", int(words[2]), int(words[4])))
        elif words[0] == "sack":
            blocks = [tuple(int(edge) for edge in block.split(":")) for block in words[1:]]
            options.append(("sack", blocks))
        elif words[0] in ("nop", "eol", "sackOK"):
            options.append((words[0],))
        elif words[0] == "raw":  # our own: bytes in hexadecimal, for what the notation cannot say
            options.append(("raw", bytes.fromhex(words[1])))
        else:
            raise ScriptError(f"unknown option {part!r}")
    return options


PACKET = re.compile(
    r"(?P<direction>[<>])\s*(?:\[(?P<ecn>\w+)\]\s*)?(?P<flags>[FSRPUEW.]+|-)\s+"
    r"(?P<from>\d+):(?P<to>\d+)\((?P<length>\d+)\)(?:\s+ack\s+(?P<ack>\d+))?"
    r"(?:\s+win\s+(?P<win>\d+))?(?:\s+urg\s+(?P<urg>\d+))?(?:\s+<(?P<options>.*)>)?\s*$")
ICMP = re.compile(
    r"<\s*(?:\[(?P<first>\d+):\d+\(\d+\)\]\s*)?icmp\s+(?P<type>\w+)(?:\s+(?!mtu)(?P<code>\w+))?"
    r"(?:\s+mtu\s+(?P<mtu>\d+))?(?:\s*\[(?P<last>\d+):\d+\(\d+\)\])?\s*$")
ICMP_TYPES = {"unreachable": 3, "source_quench": 4, "redirect": 5, "time_exceeded": 11,
              "parameter_problem": 12}
ICMP_CODES = {name: number for number, name in enumerate(
    ["net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable", "frag_needed",
     "source_route_failed", "net_unknown", "host_unknown", "source_host_isolated", "net_prohibited",
     "host_prohibited", "net_unreachable_for_tos", "host_unreachable_for_tos", "packet_filtered",
     "precedence_violation", "precedence_cutoff"])}
CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\)\s*=\s*(?P<result>-?\w+)"
                  r"(?:\s+(?P<error>E\w+))?(?:\s*\(.*\))?\s*$")
TIME = re.compile(r"(?P<relative>\+)?(?P<first>\d*\.?\d+)(?:(?P<range>\.\.\.|~)\+?(?P<last>\d*\.?\d+))?"
                  r"\s+(?P<rest>.*)$|(?P<any>\*)\s+(?P<any_rest>.*)$")


def parse_packet(text):
    match = PACKET.match(text)
    if not match:
        raise ScriptError(f"cannot read packet {text!r}")
    flags = 0 if match["flags"] == "-" else sum(SYMBOLS_OF_FLAGS[c] for c in match["flags"])
    inbound = match["direction"] == "<"
    options = [] if match["options"] is None else parse_options(match["options"])
    return Packet(inbound, flags, int(match["from"]), int(match["length"]),
                  None if match["ack"] is None else int(match["ack"]),
                  None if match["win"] is None else int(match["win"]),
                  int(match["urg"] or 0), options,
                  None if match["ecn"] is None else ECN_CODES[match["ecn"]])


def parse_icmp(text):
    match = ICMP.match(text)
    if not match or match["type"] not in ICMP_TYPES:
        raise ScriptError(f"cannot read ICMP error {text!r}")
    return Icmp(ICMP_TYPES[match["type"]], ICMP_CODES[match["code"]] if match["code"] else 0,
                int(match["mtu"] or 0), int(match["first"] or match["last"] or 0))


def parse_event(text):
    if text[0] not in "<>":
        return parse_call(text)
    return parse_icmp(text) if re.match(r"<.*\bicmp\b", text) else parse_packet(text)


def split_arguments(text):
    parts, depth, current = [], 0, ""
    for character in text:
        depth += character in "[{(" and 1 or character in "]})" and -1 or 0
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return parts + [current.strip()] if current.strip() else parts


def parse_call(text):
    match = CALL.match(text)
    if not match:
        raise ScriptError(f"cannot read call {text!r}")
    return Call(match["name"], split_arguments(match["arguments"]), int(match["result"], 0),
                match["error"])


def parse_script(text):
    """Returns the flags for the library and the events."""
    flags, events = [], []
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)(//|#).*$", "", line).strip()
        if not line:
            continue
        if line.startswith("--so_flags="):
            flags.append(line.removeprefix("--so_flags="))
            continue
        match = TIME.match(line)
        if not match:
            raise ScriptError(f"line {number}: no time in {line!r}")
        rest = match["rest"] or match["any_rest"]
        what = parse_event(rest)
        time = None if match["any"] else microseconds(match["first"])
        latest = microseconds(match["last"]) if match["range"] else None
        if match["range"] == "..." and isinstance(what, Call):
            what.blocks_until = latest
            latest = None
        events.append(Event(number, time, latest, bool(match["relative"]), what))
    return ",".join(flags), events
