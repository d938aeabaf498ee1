#!/usr/bin/env python3
"""Holds the states that `tcpdx capture` rebuilds against those that the kernel went through.

    tools/capture_accuracy.py TCPDX [CORPUS]           print the tables
    tools/capture_accuracy.py TCPDX [CORPUS] --check   and fail when a difference has no explanation
    tools/capture_accuracy.py TCPDX [CORPUS] --write   and write them to docs/accuracy.md
    tools/capture_accuracy.py TCPDX [CORPUS] --cases   and print every difference

CORPUS is the folder with pcaps/truth.jsonl.gz; without it the environment's TCPDX_CORPUS, else
../shared/corpus beside the project. Without such a folder it says so and ends with status 77.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys

import capture_timeline
from capture_timeline import SAMPLED, TOLERANCE

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
SKIPPED = 77
START, END = "<!-- capture: begin -->", "<!-- capture: end -->"


def corpus_folder(argument):
    folder = pathlib.Path(argument or os.environ.get("TCPDX_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not (folder / "pcaps" / "truth.jsonl.gz").exists():
        print(f"no corpus in {folder}", file=sys.stderr)
        sys.exit(SKIPPED)
    return folder / "pcaps"


def run(tcpdx, path):
    done = subprocess.run([tcpdx, "capture", "--json", str(path)], capture_output=True, text=True, check=False,
                          timeout=120)
    return json.loads(done.stdout) if done.stdout else None


def rebuilt(document):
    """{(local, remote): [spans]} with the connections of one end put one behind the other."""
    ends = collections.defaultdict(list)
    for connection in document["connections"]:
        for index, end in enumerate(connection["ends"]):
            key = (end["address"], connection["ends"][1 - index]["address"])
            for span in end["states"]:
                ends[key].append((span, connection))
    for spans in ends.values():
        spans.sort(key=lambda pair: (pair[0]["since"], pair[1]["number"]))
    return ends


def follow(truth, spans):
    """Matches the kernel's states to the spans in order; returns (verdict, worst time difference in s)."""
    verdict, worst, at = "exact", 0.0, 0
    spans = [pair for pair in spans if not set(pair[0]["possible"]) <= {"LISTEN"}]
    for when, name in truth:
        sampled, name = bool(SAMPLED.search(name)), SAMPLED.sub("", name)
        # A span that may be several states stands for each of them in turn.
        found = next((index for index in range(max(at - 1, 0), min(at + 2, len(spans)))
                      if name in spans[index][0]["possible"]
                      and (index >= at or "state" not in spans[index][0])), None)
        if found is None:
            connection = spans[-1][1] if spans else None
            silent = connection and "silent-timeout" in connection["limits"] and name == "CLOSED" \
                and when > float(connection["last"]) and at == len(spans)
            return ("limit" if silent else f"lacks {name}"), worst
        if found > at and spans[at][0].get("state"):
            return f"has {spans[at][0]['state']} before {name}", worst
        span = spans[found][0]
        if "state" in span:
            since = float(span["since"])
            # No bound: the capture says itself that it does not know how long before.
            low = float(span.get("earliest", "-inf"))
            high = float(span.get("latest", "inf" if span["assumed"] else since))
            within = 0 if low <= when <= high else min(abs(when - low), abs(when - high))
            off = abs(when - since)
            if not sampled:
                worst = max(worst, off)
                if off > TOLERANCE and within > TOLERANCE:
                    return f"{name} is {off:.3f} s off", worst
                if off > TOLERANCE and verdict == "exact":
                    verdict = "bounds"
        else:
            verdict = "possible"
        at = found + 1
    rest = [span["state"] for span, _ in spans[at:] if "state" in span]
    return ("also has " + ", ".join(rest) if rest else verdict), worst


EXPLAINED = ("exact", "bounds", "possible", "limit")


def hold_against_kernel(tcpdx, folder, truth, show):
    """Counter of verdicts, per capture; and the offsets of what is exact."""
    verdicts, offsets = {}, []
    for case in truth:
        if not case.get("kernel_truth"):
            continue
        document = run(tcpdx, folder / case["file"])
        ends = rebuilt(document) if document else {}
        counts = verdicts[case["name"]] = collections.Counter()
        for entry in case["kernel_truth"]["timeline"]:
            key = (entry["local"], entry["remote"])
            if key not in ends:
                counts["not captured"] += 1
                continue
            verdict, worst = follow(entry["states"], ends[key])
            if verdict not in EXPLAINED and not capture_timeline.contradiction(entry["states"], ends[key], float("inf")):
                verdict = "possible"
            counts[verdict if verdict in EXPLAINED else "different"] += 1
            if verdict == "exact":
                offsets.append(worst)
            if show and (verdict not in ("exact", "possible") or ("flood" not in case["name"] and verdict != "exact")):
                print(f"{case['name']}: {key}: {verdict}")
                print("    kernel ", [(f"{t:.3f}", s) for t, s in entry["states"]])
                print("    capture", [(s["since"][:14], "|".join(s["possible"]), s["cause"]) for s, _ in ends[key]])
    return verdicts, offsets


def side_of(connection, address):
    """Which of our ends tshark's "10.0.0.1|80" is."""
    host, port = address.rsplit("|", 1)
    wanted = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return next((i for i, end in enumerate(connection["ends"]) if end["address"] == wanted), None)


BITS = {1: "SYN", 2: "SYN+ACK", 8: "data", 16: "FIN", 32: "RST"}


def completeness(connection):
    """tshark's bits but for ACK, which any empty segment of anybody sets there."""
    marks = {segment["mark"] for segment in connection["segments"]}
    sent = [end["sent"] for end in connection["ends"]]
    return (("syn" in marks) * 1 | ("syn-ack" in marks) * 2 | (sum(s["data_segments"] for s in sent) > 0) * 8 |
            any(s["fin"] for s in sent) * 16 | (sum(s["resets"] + s["ignored_resets"] for s in sent) > 0) * 32)


def why_tshark_differs(fact, ours, theirs, stream, connection, sent):
    """The reason, which is itself looked up in what both tell of the stream; None when there is none."""
    analysis = {kind: [counts.get(name, 0) for name in "AB"] for kind, counts in stream["analysis"].items()}
    ends = [{"copies": s["duplicates"], "again": s["retransmissions"], "bad": s["bad_headers"]} for s in sent]
    many = isinstance(ours, list)
    wrong_way = not many or all(t >= o for o, t in zip(ours, theirs))
    more = [t - o for o, t in zip(ours, theirs)] if many else []
    odd = stream.get("flags_unreadable") or any(end["bad"] for end in ends)
    if odd:
        return "segments with headers that contradict themselves"
    if connection.get("previous") or any(n > 1 for n in stream.get("distinct_isn", {}).values()) or connection.get("succeeded"):
        return "ports used again: tshark counts a late segment of the connection before to the one that follows"
    if fact == "retransmissions":
        if stream["simultaneous_open"]:
            return "the SYN+ACKs of a simultaneous open, which tshark takes for SYNs sent again"
        if not analysis and not any(theirs):
            return "tshark does not analyse these segments at all (cut by the snap length, or a frame check sequence behind them)"
        if "no-times" in connection["limits"]:
            return "times that go backwards or are missing, by which tshark tells what is sent again"
        if all(0 < m <= end["copies"] or m == 0 for m, end in zip(more, ends)):
            return "copies of one packet (mirror ports, both interfaces of a router, doubled on the way)"
        if analysis.get("zero_window_probe"):
            return "a probe of a closed window with the byte that comes next, sent again and again"
        if analysis.get("out_of_order"):
            return "segments that fill a hole: sent again or overtaken, told here by their IP identification and there by time"
        if analysis.get("keep_alive"):
            return "a keep-alive with a byte"
        fins = [stream["fin"].get(name, 0) for name in "AB"]
        if wrong_way and any(stream["syn"].values()) and all(m <= fin for m, fin in zip(more, fins)):
            return "a FIN with the number of the SYN, which tshark takes for the SYN sent again"
        if analysis.get("lost_segment") or analysis.get("ack_lost_segment"):
            return "segments behind a hole in the capture, which tshark takes for sent again"
    if fact == "segments with data behind the other's FIN" and wrong_way and \
            all(m <= end["copies"] + end["again"] or m == 0 for m, end in zip(more, ends)):
        return "segments that were sent again, or copies, behind the FIN: counted once here"
    if fact == "segments with data behind the other's FIN" and wrong_way and analysis.get("ack_lost_segment") and \
            analysis.get("lost_segment"):
        return "damaged numbers beyond any window, which are not counted to the connection here"
    if fact == "resets" and all(m <= end["copies"] or m == 0 for m, end in zip(more, ends)):
        return "copies of one packet (mirror ports, both interfaces of a router, doubled on the way)"
    resets = any(stream["rst"].values())
    if resets and fact in ("which ends sent a FIN", "who closed first", "who opened", "completeness",
                           "segments with data behind the other's FIN"):
        return "a FIN, SYN or data in a segment with RST: the reset is what counts"
    if fact == "completeness":
        both = ours ^ theirs
        if both & 1 and stream["syn"] and not theirs & 1:
            return "a SYN that is not the first packet of its stream, which tshark does not count"
        if both == 16 and any(stream["fin"].values()):
            return "a FIN without ACK, which tshark does not count"
        if not theirs & both and not stream["syn"].get("A") and not stream["syn"].get("B"):
            return "the first packet of a stream that begins mid-way, which tshark does not count"
        if both & 3:
            return "a stream that begins with SYN+ACK, or a SYN and SYN+ACK in other order"
    return None


def hold_against_tshark(tcpdx, folder, truth, show):
    """{fact: [agreeing, all]} over the streams that both see, {(fact, reason): streams}, and what has no reason."""
    facts, reasons, unexplained = collections.defaultdict(lambda: [0, 0]), collections.Counter(), []
    for case in truth:
        document = run(tcpdx, folder / case["file"])
        connections = (document or {"connections": []})["connections"]
        by_packet = {c["first_packet"]: c for c in connections}
        for connection in connections:
            if connection.get("previous"):
                next((c for c in connections if c["number"] == connection["previous"]), {})["succeeded"] = True
        for stream in (case.get("tshark") or {}).get("streams") or []:
            connection = by_packet.get(stream["first_frame"])
            sides = connection and {name: side_of(connection, stream[name]) for name in "AB"}
            if not sides or None in sides.values():
                continue
            sent = {name: connection["ends"][side]["sent"] for name, side in sides.items()}
            first = (stream.get("closed_first") or {}).get("side")
            # Its marks for spurious and fast ones stand beside the one for retransmissions.
            again = stream["analysis"].get("retransmission", {})
            ours_complete, theirs_complete = completeness(connection), stream["completeness"]["value"] & sum(BITS)
            pairs = {"who closed first": (connection.get("closed_first"), sides.get(first)),
                     "which ends sent a FIN": ([s["fin"] for s in sent.values()],
                                               [bool(stream["fin"].get(name)) for name in sent]),
                     "resets": ([s["resets"] + s["ignored_resets"] for s in sent.values()],
                                [stream["rst"].get(name, 0) for name in sent]),
                     "segments with data behind the other's FIN": (
                         [s["data_after_peer_fin"] for s in sent.values()],
                         [stream.get("data_segments_after_peer_fin", {}).get(name, 0) for name in sent]),
                     "closed windows": ([s["zero_windows"] > 0 for s in sent.values()],
                                        [stream.get("zero_window_segments", {}).get(name, 0) > 0 for name in sent]),
                     "retransmissions": ([s["retransmissions"] for s in sent.values()],
                                         [again.get(name, 0) for name in sent]),
                     "completeness": (ours_complete, theirs_complete)}
            if stream["opener_basis"].startswith("SYN"):
                pairs["who opened"] = (0, sides[stream["opener"]])
            for fact, (ours, theirs) in pairs.items():
                facts[fact][0] += ours == theirs
                facts[fact][1] += 1
                if ours == theirs:
                    continue
                reason = why_tshark_differs(fact, ours, theirs, stream, connection, list(sent.values()))
                if reason:
                    reasons[fact, reason] += 1
                else:
                    unexplained.append(f"{case['name']} stream {stream['stream']}: {fact}: {ours}, tshark {theirs}")
                if show:
                    print(f"{case['name']} stream {stream['stream']}: {fact}: {ours}, tshark {theirs}: {reason}")
    return facts, reasons, unexplained


def page(verdicts, offsets, facts, reasons, unexplained):
    total = sum(verdicts.values(), collections.Counter())
    ends = sum(total.values())
    text = [START, "", "## Captures", "",
            f"`tools/capture_accuracy.py` over {len(verdicts)} kernel-made captures with {ends} ends, of which a tracer "
            "has recorded what the kernel itself went through.", "",
            "| the states of an end are | ends | |", "|---|---|---|"]
    meanings = {
        "exact": f"the same in the same order, each within {TOLERANCE * 1000:.0f} ms (the paths delay by 30 to 150 ms)",
        "bounds": "the same in the same order; a time lies within the bounds that are printed, far from the likeliest moment",
        "possible": "among those printed as possible where the packets cannot tell",
        "limit": "the same but for a CLOSED behind the last packet, which is printed as a limit (`silent-timeout`)",
        "not captured": "of an end without any packet in the capture",
        "different": "**different, without an explanation**"}
    text += [f"| {name} | {total[name]} | {meaning} |" for name, meaning in meanings.items()]
    offsets.sort()
    if offsets:
        text += ["", f"Of the exact ones the median of the largest difference in time is "
                     f"{offsets[len(offsets) // 2] * 1000:.1f} ms, the 95th percentile "
                     f"{offsets[len(offsets) * 95 // 100] * 1000:.0f} ms."]
    text += ["", "What is not exact:", "", "| capture | bounds | possible | limit | different |", "|---|---|---|---|---|"]
    for name, counts in sorted(verdicts.items()):
        if any(counts[kind] for kind in ("bounds", "possible", "limit", "different")):
            text.append(f"| {name} | {counts['bounds']} | {counts['possible']} | {counts['limit']} | {counts['different']} |")
    text += ["", "Against tshark, over all captures of the corpus and the streams that both see:", "",
             "| fact | agree | of |", "|---|---|---|"]
    text += [f"| {fact} | {same} | {of} |" for fact, (same, of) in facts.items()]
    text += ["", "Every difference and its reason, which the tool looks up in what both tell of the stream (`--cases` names the "
                 "streams):", "", "| fact | streams | reason |", "|---|--:|---|"]
    text += [f"| {fact} | {count} | {reason} |" for (fact, reason), count in sorted(reasons.items())]
    text += [f"| **without a reason** | {len(unexplained)} | {'; '.join(unexplained)} |", "", END]
    return "\n".join(text) + "\n"


def write_part(start, end, text):
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Accuracy\n\n"
    head, _, rest = before.partition(start)
    rest = rest.partition(end)[2].strip("\n")
    PAGE.write_text(head.rstrip("\n") + "\n\n" + text + ("\n" + rest + "\n" if rest else ""), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tcpdx")
    parser.add_argument("corpus", nargs="?")
    for flag in ("check", "write", "cases"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    folder = corpus_folder(options.corpus)
    with gzip.open(folder / "truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        truth = [json.loads(line) for line in lines]
    verdicts, offsets = hold_against_kernel(options.tcpdx, folder, truth, options.cases)
    facts, reasons, unexplained = hold_against_tshark(options.tcpdx, folder, truth, options.cases)
    text = page(verdicts, offsets, facts, reasons, unexplained)
    print(text)
    if options.write:
        write_part(START, END, text)
    if options.check:
        different = {name: counts["different"] for name, counts in verdicts.items() if counts["different"]}
        if different or unexplained:
            print(f"without an explanation: {different} {unexplained}", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
