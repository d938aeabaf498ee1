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


def hold_against_tshark(tcpdx, folder, truth, show):
    """{fact: [agreeing, all]} over the streams that both see."""
    facts = collections.defaultdict(lambda: [0, 0])
    for case in truth:
        document = run(tcpdx, folder / case["file"])
        by_packet = {c["first_packet"]: c for c in (document or {"connections": []})["connections"]}
        for stream in (case.get("tshark") or {}).get("streams") or []:
            connection = by_packet.get(stream["first_frame"])
            sides = connection and {name: side_of(connection, stream[name]) for name in "AB"}
            if not sides or None in sides.values():
                continue
            sent = {name: connection["ends"][side]["sent"] for name, side in sides.items()}
            first = (stream.get("closed_first") or {}).get("side")
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
                                         [stream.get("retransmissions", {}).get(name, 0) for name in sent])}
            if stream["opener_basis"].startswith("SYN"):
                pairs["who opened"] = (0, sides[stream["opener"]])
            for fact, (ours, theirs) in pairs.items():
                facts[fact][0] += ours == theirs
                facts[fact][1] += 1
                if show and ours != theirs:
                    print(f"{case['name']} stream {stream['stream']}: {fact}: {ours}, tshark {theirs}")
    return facts


def page(verdicts, offsets, facts):
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
    text += ["", "Where the two differ, tshark counts copies of one packet (mirror ports, both interfaces of a router) and the "
                 "SYN+ACKs of a simultaneous open as retransmissions, reads FINs and data in segments with RST, and takes "
                 "segments that arrive late for sent again when no identification tells them apart. See facts of each with "
                 "`--cases`.", "", END]
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
    facts = hold_against_tshark(options.tcpdx, folder, truth, options.cases)
    text = page(verdicts, offsets, facts)
    print(text)
    if options.write:
        write_part(START, END, text)
    if options.check:
        different = {name: counts["different"] for name, counts in verdicts.items() if counts["different"]}
        wrong = [fact for fact in ("who opened", "who closed first") if facts[fact][0] < 0.97 * facts[fact][1]]
        if different or wrong:
            print(f"worse than allowed: {different} {wrong}", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
