#!/usr/bin/env python3
"""Damages kernel-made captures on purpose and holds what `tcpdx capture` says then against the kernel.

    tools/capture_damage.py TCPDX [CORPUS]             print the tables
    tools/capture_damage.py TCPDX [CORPUS] --check     and fail when more contradict the kernel than a capture can help
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
import capture_timeline

START, END = "<!-- damage: begin -->", "<!-- damage: end -->"
MOST_CUTS = 40
# Limits that say of a connection that some of it is not there, so that it may have gone otherwise.
INCOMPLETE = {"starts-mid-way", "ends-mid-way", "one-direction", "packets-missing", "headers-cut", "no-times"}
# Where nothing in a capture shows that it has lost something, or another life fits the rest as well,
# what is told can be wrong. Of a hundred ends so many may be.
MOST_WRONG_IN_100 = 1.5


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
        what = capture_timeline.contradiction(entry["states"], spans, heard.get(entry["local"], 0))
        counts["contradicted" if what else "true"] += 1
        if what:
            said = {limit for _, connection in spans for limit in connection["limits"]} & INCOMPLETE
            counts["said" if said else "no trace"] += 1
        counts["certain"] += sum("state" in span for span, _ in spans)
        counts["states"] += len(spans)
        if what:
            cases.append((case, name, entry, what, spans))
    return kind, counts, cases


def show(cases):
    for case, name, entry, what, spans in cases:
        print(f"{case} {name} {entry['local']}: {what}")
        print("    kernel ", " ".join(f"{t % 1000:.3f} {capture_timeline.clean(s)}" for t, s in entry["states"]))
        for number in sorted({connection["number"] for _, connection in spans}):
            connection = next(c for _, c in spans if c["number"] == number)
            print(f"    capture {number} {float(connection['first']) % 1000:.3f}-{float(connection['last']) % 1000:.3f}", connection["near"], connection["limits"])
            for span, _ in (pair for pair in spans if pair[1]["number"] == number):
                times = [f"{float(span[k]) % 1000:.3f}" if k in span else "-" for k in ("earliest", "since", "latest")]
                print("       ", "/".join(times), "|".join(span["possible"]), span["cause"], span.get("packet"),
                      "inferred" if span["inferred"] else "", "assumed" if span["assumed"] else "")


def page(results):
    total = collections.Counter()
    for counts in results.values():
        total.update(counts)
    ends = total["true"] + total["contradicted"]
    text = [START, "", "## Damaged captures", "",
            "`tools/capture_damage.py`: the same kernel-made captures (without the flood), damaged on purpose. Less is known "
            "then, and less may be said; counted are ends of which something is told that is not so. `said`: with a limit that "
            "is printed with the connection and says that part of it is missing. `no trace`: nothing printed says so, mostly "
            "since what is left fits another course as well as the true one: a SYN of a simultaneous open or a FIN before a "
            "reset is gone, and with it all that answered it.", "",
            "| damage | captures | ends | states told | of these a single one | not so: said | not so: no trace |",
            "|---|--:|--:|--:|--:|--:|--:|"]
    for kind, counts in [*results.items(), ("**all**", total)]:
        text.append(f"| {kind} | {counts['captures']} | {counts['true'] + counts['contradicted']} | {counts['states']} | "
                    f"{counts['certain']} | {counts['said']} | {counts['no trace']} |")
    text += ["", f"{100 * total['contradicted'] / max(ends, 1):.1f} % of the ends are told with something that is not so.", "", END]
    return "\n".join(text) + "\n", 100 * total["contradicted"] / max(ends, 1)


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
    text, wrong = page(results)
    if options.cases:
        show(cases)
    print(text)
    if options.write:
        capture_accuracy.write_part(START, END, text)
    if options.check and wrong > MOST_WRONG_IN_100:
        print(f"{wrong:.1f} % of the ends contradict the kernel", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
