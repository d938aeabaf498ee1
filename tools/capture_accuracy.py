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

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
SKIPPED = 77
START, END = "<!-- capture: begin -->", "<!-- capture: end -->"
# The kernel's times are those of the ends, the capture's are up to a path's delay away from one of
# them; the recorded paths have 30 to 150 ms each way, with jitter.
TOLERANCE = 0.12
SAMPLED = re.compile(r" \(sampled.*\)")
PASSED_OVER = {"FIN-WAIT-2"}  # within one segment, when the FIN brings the ACK of ours


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
        spans.sort(key=lambda pair: float(pair[0]["since"]))
    return ends


def follow(truth, spans, final_may_be_missing):
    """Matches the kernel's states to the spans in order; returns (verdict, worst time difference)."""
    verdict, worst, at = "exact", 0.0, 0
    spans = [pair for pair in spans if not (set(pair[0]["possible"]) <= {"LISTEN"})]
    for when, name in truth:
        sampled, name = bool(SAMPLED.search(name)), SAMPLED.sub("", name)
        # A span that may be several states stands for each of them in turn.
        found = None
        for index in range(max(at - 1, 0), min(at + 2, len(spans))):
            span = spans[index][0]
            if name in span["possible"] and (index >= at or len(span["possible"]) > 1):
                found = index
                break
        if found is None:
            return f"lacks {name}", worst
        span = spans[found][0]
        if found > at:
            skipped = spans[at][0]
            if skipped.get("state"):
                return f"has {skipped['state']} before {name}", worst
        if span.get("state"):
            since = float(span["since"])
            low = float(span.get("earliest", since))
            high = float(span.get("latest", since))
            difference = 0 if low <= when <= high else min(abs(when - low), abs(when - high))
            difference = min(difference, abs(when - since))
            if not sampled:
                worst = max(worst, difference)
        else:
            verdict = "possible"
        at = found + 1
    rest = [span["state"] for span, _ in spans[at:] if span.get("state")]
    if rest:
        return "also has " + ", ".join(rest), worst
    return verdict, worst


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
    totals = collections.Counter()
    for case in truth:
        kernel = case.get("kernel_truth")
        if not kernel:
            continue
        document = run(options.tcpdx, folder / case["file"])
        ends = rebuilt(document) if document else {}
        flood = "flood" in case["name"]
        for entry in kernel["timeline"]:
            key = (entry["local"], entry["remote"])
            if key not in ends:
                totals["not captured"] += 1
                if options.cases and not flood:
                    print(f"{case['name']}: {key} not in the capture")
                continue
            verdict, worst = follow(entry["states"], ends[key], False)
            if verdict in ("exact", "possible") and worst > TOLERANCE:
                verdict = f"late by {worst:.3f}"
            totals[verdict if verdict in ("exact", "possible") else "different"] += 1
            if options.cases and (verdict not in ("exact", ) ) and not (flood and verdict == "possible"):
                print(f"{case['name']}: {key}: {verdict}")
                print("    kernel ", [(f"{t:.3f}", s) for t, s in entry["states"]])
                print("    capture", [(s["since"][:14], "|".join(s["possible"]), s["cause"]) for s, _ in ends[key]])
    print(dict(totals))


if __name__ == "__main__":
    main()
