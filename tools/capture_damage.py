#!/usr/bin/env python3
"""Damages kernel-made captures on purpose and holds what `tcpdx capture` says then against the kernel.

    tools/capture_damage.py TCPDX [CORPUS]             print the tables
    tools/capture_damage.py TCPDX [CORPUS] --check     and fail when a claim contradicts the kernel
    tools/capture_damage.py TCPDX [CORPUS] --write     and write them to docs/accuracy.md
    tools/capture_damage.py TCPDX [CORPUS] --cases     and print every contradiction
    tools/capture_damage.py TCPDX [CORPUS] --few       every tenth damage only
    tools/capture_damage.py TCPDX [CORPUS] --only NAME captures and damages whose name has NAME in it

Less can be known of a damaged capture, and less may be said; what is said must still be true. A
timeline is right when the kernel's states pass through it in order: each state that is claimed
alone was really entered, within its bounds, and each that was entered is possible where it was.
What the kernel did before the first and after the last packet of a connection is not judged.
Without a corpus it says so and ends with status 77.
"""

import argparse
import collections
import concurrent.futures
import functools
import gzip
import itertools
import json
import os
import pathlib
import random
import struct
import subprocess
import sys

import capture_accuracy

START, END = "<!-- damage: begin -->", "<!-- damage: end -->"
# As in capture_accuracy: the ends' times and the capture's are up to a path's delay apart.
TOLERANCE = capture_accuracy.TOLERANCE
MOST_CUTS = 40


class Packets:
    """A classic capture in nanoseconds as a list of (time, bytes)."""

    def __init__(self, data):
        self.header = data[:24]
        magic = self.header[:4]
        self.order = "<" if magic in (b"\x4d\x3c\xb2\xa1", b"\xd4\xc3\xb2\xa1") else ">"
        self.packets, at = [], 24
        while at + 16 <= len(data):
            seconds, fraction, size, wire = struct.unpack_from(self.order + "IIII", data, at)
            self.packets.append((seconds * 1_000_000_000 + fraction, data[at + 16:at + 16 + size], wire))
            at += 16 + size

    def write(self, packets):
        parts = [self.header]
        for time, data, wire in packets:
            parts.append(struct.pack(self.order + "IIII", time // 1_000_000_000, time % 1_000_000_000, len(data), wire))
            parts.append(data)
        return b"".join(parts)


def source_of(packet):
    return packet[1][12:16]  # raw IPv4


def tcp_at(data):
    return (data[0] & 15) * 4


def damages(whole):
    """(kind, name, packets): everything that is done to one capture."""
    count = len(whole)
    if count <= 100:
        for i in range(count):
            yield "one packet lost", f"lose-{i + 1}", whole[:i] + whole[i + 1:]
    if count <= 16:
        for i, j in itertools.combinations(range(count), 2):
            yield "two packets lost", f"lose-{i + 1}-{j + 1}", [p for n, p in enumerate(whole) if n not in (i, j)]
    for share in (5, 10, 20, 35, 50):
        for seed in range(10):
            chance = random.Random(f"{share} {seed}")
            yield f"{share} % lost", f"random-{share}-{seed}", [p for p in whole if chance.random() * 100 >= share]
    sources = sorted({source_of(packet) for packet in whole})
    for side, source in enumerate(sources):
        yield "one direction", f"only-{side}", [p for p in whole if source_of(p) == source]
        for seed in range(8):
            chance = random.Random(f"half {seed}")
            yield "half of one direction lost", f"half-of-{side}-{seed}", \
                [p for p in whole if source_of(p) != source or chance.random() < 0.5]
    cuts = range(1, count) if count <= MOST_CUTS else sorted(random.Random(1).sample(range(1, count), MOST_CUTS))
    for i in cuts:
        yield "begins later", f"from-{i + 1}", whole[i:]
        yield "ends earlier", f"to-{i}", whole[:i]
        if i + 1 < count:
            size = random.Random(i).randrange(1, count - i + 1)
            yield "a hole", f"hole-{i}-{size}", whole[:i] + whole[i + size:]
    for seed in range(5):
        chance = random.Random(f"copies {seed}")
        # As a mirror port does: the same packet again, within a fifth of a millisecond.
        copies = [(time + chance.randrange(200_000), data, wire) for time, data, wire in whole if chance.random() < 0.3]
        yield "packets twice", f"copies-{seed}", sorted(whole + copies, key=lambda p: p[0])
        # As capturing threads do: close neighbours change places, and times with them.
        swapped = list(whole)
        for i in range(len(swapped) - 1):
            if chance.random() < 0.3 and swapped[i + 1][0] - swapped[i][0] < 1_000_000:
                a, b = swapped[i], swapped[i + 1]
                swapped[i], swapped[i + 1] = (a[0], *b[1:]), (b[0], *a[1:])
        yield "close packets swapped", f"swapped-{seed}", swapped
        backwards = list(whole)
        for i in range(len(backwards) - 1):
            if chance.random() < 0.3 and backwards[i + 1][0] - backwards[i][0] < 1_000_000:
                backwards[i], backwards[i + 1] = backwards[i + 1], backwards[i]
        yield "times going back", f"backwards-{seed}", backwards
    for size in (34, 40, 48):
        yield f"cut to {size} bytes", f"snap-{size}", [(t, d[:size], w) for t, d, w in whole]


def clean(name):
    return capture_accuracy.SAMPLED.sub("", name)


OPENING = ("SYN-SENT", "SYN-RECEIVED")


def contradiction(truth, spans, heard):
    """None when the kernel's states pass through the spans in order, else what contradicts.

    A walk over (kernel's state, span): both go on in time, and where they meet the state has to be
    possible in the span. `heard` is when the last packet of this end was captured: the last state of
    a connection whose end is not in the capture is told as of then."""
    spans = [pair for pair in spans if not set(pair[0]["possible"]) <= {"LISTEN"}]
    truth = [(when, clean(name), "sampled" in name) for when, name in truth]
    if not spans or not truth:
        return None
    first = min(float(connection["first"]) for _, connection in spans)
    last = max(float(connection["last"]) for _, connection in spans)
    if "ends-mid-way" in spans[-1][1]["limits"]:
        last = min(last, heard)

    def ends(i):
        return truth[i + 1][0] if i + 1 < len(truth) else float("inf")

    def bounds(j):
        span = spans[j][0]
        since = float(span["since"])
        low = float(span.get("earliest", "-inf"))
        # No bound: the capture says itself that it does not know.
        high = float(span.get("latest", "inf" if span["assumed"] or "state" not in span else since))
        return min(low, since) - TOLERANCE, max(high, since) + TOLERANCE

    def fits(i, j):
        return truth[i][1] in spans[j][0]["possible"]

    reached = {(i, 0) for i in range(len(truth)) if fits(i, 0) and
               (i == 0 or truth[i][0] <= first + TOLERANCE or "state" in spans[0][0])
               and (spans[0][0]["cause"] == "start" or i == 0 or truth[i - 1][1] == "CLOSED" or truth[i][0] <= first + TOLERANCE)}
    # Where the first span has a time of its own.
    if spans[0][0]["cause"] != "start":
        low, high = bounds(0)
        reached = {(i, 0) for i, _ in reached if ends(i) >= low and
                   (truth[i][0] <= high or "state" not in spans[0][0]) or truth[i][2]}
    queue, furthest = collections.deque(reached), max(reached, default=None, key=lambda at: at[1])
    while queue:
        i, j = queue.popleft()
        furthest = max(furthest, (i, j), key=lambda at: (at[1], at[0]))
        steps = []
        if i + 1 < len(truth):
            when, _, sampled = truth[i + 1]
            steps.append((i + 1, j) if bounds(j)[0] <= when or sampled else None)
            if j + 1 < len(spans):
                low, high = bounds(j + 1)
                steps.append((i + 1, j + 1) if low <= when <= high or sampled else None)
        if j + 1 < len(spans):
            low, high = bounds(j + 1)
            steps.append((i, j + 1) if max(low, truth[i][0]) <= min(high, ends(i)) + TOLERANCE else None)
            if spans[j][1] is not spans[j + 1][1]:
                # Of the connections in between no packet was captured.
                begins = spans[j + 1][0]["cause"] == "start"
                steps += [(k, j + 1) for k in range(i + 1, len(truth)) if (begins or truth[k][1] in OPENING) and
                          (low <= truth[k][0] <= high or begins or "state" not in spans[j + 1][0])]
        for step in steps:
            if step and step not in reached and fits(*step):
                reached.add(step)
                queue.append(step)
    if any(j == len(spans) - 1 and ends(i) >= last - TOLERANCE for i, j in reached):
        return None
    if furthest is None:
        return "starts as " + "|".join(spans[0][0]["possible"])
    i, j = furthest
    following = truth[i + 1][1] if i + 1 < len(truth) else "nothing"
    if j + 1 < len(spans):
        return f"in {truth[i][1]} has {'|'.join(spans[j + 1][0]['possible'])} where {following} follows"
    return f"stays {truth[i][1]} where {following} follows"


def rebuild(tcpdx, data):
    done = subprocess.run([tcpdx, "capture", "--json", "-"], input=data, capture_output=True, check=False, timeout=120)
    if done.returncode not in (0, 1, 2):
        return None
    return json.loads(done.stdout)


def try_one(tcpdx, truth, case, damage, data):
    kind, name = damage
    document = rebuild(tcpdx, data)
    heard = {}
    for time, packet, _ in Packets(data).packets:
        if len(packet) >= 22:
            address = f"{'.'.join(map(str, packet[12:16]))}:{struct.unpack_from('>H', packet, tcp_at(packet))[0]}"
            heard[address] = max(heard.get(address, 0), time / 1e9)
    ends = capture_accuracy.rebuilt(document) if document else {}
    counts, cases, certain = collections.Counter(), [], 0
    for entry in truth:
        spans = ends.get((entry["local"], entry["remote"]))
        if not spans:
            counts["not captured"] += 1
            continue
        what = contradiction(entry["states"], spans, heard.get(entry["local"], 0))
        counts["contradicted" if what else "true"] += 1
        counts["certain"] += sum("state" in span for span, _ in spans)
        counts["states"] += len(spans)
        if what:
            cases.append((case, name, entry, what, spans))
    return kind, counts, cases


def show(cases):
    for case, name, entry, what, spans in cases:
        print(f"{case} {name} {entry['local']}: {what}")
        print("    kernel ", " ".join(f"{t % 1000:.3f} {clean(s)}" for t, s in entry["states"]))
        for number in sorted({connection["number"] for _, connection in spans}):
            connection = next(c for _, c in spans if c["number"] == number)
            print(f"    capture {number} {float(connection['first']) % 1000:.3f}-{float(connection['last']) % 1000:.3f}", connection["near"], connection["limits"])
            for span, _ in (pair for pair in spans if pair[1]["number"] == number):
                times = [f"{float(span[k]) % 1000:.3f}" if k in span else "-" for k in ("earliest", "since", "latest")]
                print("       ", "/".join(times), "|".join(span["possible"]), span["cause"], span.get("packet"),
                      "inferred" if span["inferred"] else "", "assumed" if span["assumed"] else "")


def page(results):
    text = [START, "", "## Damaged captures", "",
            "`tools/capture_damage.py`: the same kernel-made captures (without the flood), damaged on purpose. Less is known "
            "then, and less may be said; counted is what is said and not true of what the kernel went through.", "",
            "| damage | captures | ends | states told | of these a single one | contradicted |", "|---|--:|--:|--:|--:|--:|"]
    total = collections.Counter()
    for kind, counts in results.items():
        total.update(counts)
        text.append(f"| {kind} | {counts['captures']} | {counts['true'] + counts['contradicted']} | {counts['states']} | "
                    f"{counts['certain']} | {counts['contradicted']} |")
    text += [f"| **all** | {total['captures']} | {total['true'] + total['contradicted']} | {total['states']} | {total['certain']} "
             f"| {total['contradicted']} |", "", END]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tcpdx")
    parser.add_argument("corpus", nargs="?")
    for flag in ("check", "write", "cases", "few"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    folder = capture_accuracy.corpus_folder(options.corpus)
    with gzip.open(folder / "truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        truth = [case for case in map(json.loads, lines) if case.get("kernel_truth") and "flood" not in case["name"]]
    results, cases = collections.defaultdict(collections.Counter), []
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = []
        for case in truth:
            timeline = case["kernel_truth"]["timeline"]
            if not timeline:
                continue
            capture = Packets((folder / case["file"]).read_bytes())
            for number, (kind, name, packets) in enumerate(damages(capture.packets)):
                if (options.few and number % 10) or options.only not in f"{case['name']} {name}" or not packets:
                    continue
                jobs.append(pool.submit(try_one, options.tcpdx, timeline, case["name"], (kind, name), capture.write(packets)))
        for job in jobs:
            kind, counts, found = job.result()
            counts["captures"] = 1
            results[kind].update(counts)
            cases += found
    text = page(results)
    if options.cases:
        show(cases)
    print(text)
    if options.write:
        capture_accuracy.write_part(START, END, text)
    if options.check and cases:
        print(f"{len(cases)} claims contradict the kernel", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
