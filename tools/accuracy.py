#!/usr/bin/env python3
"""Measures `tcpdx diagnose --from -` against pasted listings of which it is known what was wrong.

    tools/accuracy.py TCPDX [CORPUS]           print the table
    tools/accuracy.py TCPDX [CORPUS] --check   and fail when it is worse than the limits below
    tools/accuracy.py TCPDX [CORPUS] --write   and write it to docs/accuracy.md
    tools/accuracy.py TCPDX [CORPUS] --cases   and print what was found in each listing

CORPUS is the folder with text/cases.jsonl; without it the environment's TCPDX_CORPUS, else
../shared/corpus beside the project. Without such a folder it says so and ends with status 77.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
SKIPPED = 77

# What the corpus calls it, and the rules that say so. The one place for that.
RULES = {
    "close_wait_leak": {"close-wait-leak", "close-wait-unread"},
    "time_wait_churn": {"time-wait-many"},
    "ephemeral_port_exhaustion": {"local-ports-running-out"},
    "syn_sent_stuck": {"syn-sent-stuck"},
    "syn_recv_flood": {"syn-received-pile-up", "syn-cookies-in-use"},
    "accept_queue_overflow": {"accept-queue-full", "close-wait-never-accepted",
                              "established-never-accepted"},
    "fin_wait2_pileup": {"fin-wait2-held", "fin-wait2-released"},
    "fin_wait1_lastack_pileup": {"closing-stuck", "orphans-near-limit"},
    "send_q_stuck": {"data-unacknowledged", "closing-stuck"},
    "recv_q_stuck": {"data-unread", "close-wait-unread"},
    "connection_leak": {"established-many", "descriptors-near-limit"},
    "stale_established": {"idle-without-keepalive"},
    "port_in_use": {"port-taken-by-another"},
    "loopback_only_bind": {"listener-loopback-only"},
    "exposed_wildcard_bind": {"listener-all-addresses"},
    "no_listener": {"nothing-listens"},
}
# Nothing is wrong, or nothing of it is in the text: then nothing may be said to be wrong.
QUIET = {"healthy", "format_only"}
UNDECIDED = {"other_not_visible", "no_evidence_in_paste"}

# What the person who pasted it wanted to know, where the text alone cannot tell. From the threads.
QUESTIONS = {
    "portinuse-es-jsvc-8080": ["--port", "8080"],
    "portinuse-ko-docker-3306": ["--port", "3306"],
    "bind-koha-tcp6-loopback": ["--wanted", "9200"],
    "nolisten-ptbr-vino-5900": ["--wanted", "5900"],
    "synsent-win-fr-self-9010": ["--wanted", "9010"],
}

FOUND_AT_LEAST = 95  # percent of what can be diagnosed from the text
FALSE_ALARMS_AT_MOST = 0


def corpus_folder(argument):
    path = pathlib.Path(argument or os.environ.get("TCPDX_CORPUS") or ROOT / "../shared/corpus")
    return path if (path / "text" / "cases.jsonl").is_file() else None


def diagnose(tcpdx, case):
    done = subprocess.run(
        [tcpdx, "diagnose", "--from", "-", "--json", *QUESTIONS.get(case["id"], [])],
        input=case["text"].encode(), capture_output=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    if done.returncode in (65, 66):
        return {"status": done.returncode, "findings": [], "paste": {}}
    if done.returncode not in (0, 1, 2, 3):
        raise RuntimeError(f"{case['id']}: status {done.returncode}: {done.stderr.decode()}")
    look = json.loads(done.stdout)["namespaces"][0]
    return {"status": done.returncode, "findings": look["findings"], "paste": look["paste"]}


def labels_of(finding):
    return {label for label, rules in RULES.items() if finding["rule"] in rules}


def judge(case, result):
    """Returns (verdict, whether the right label came first)."""
    wanted = {case["what_is_wrong"], *case["also"]}
    alarms = [each for each in result["findings"] if each["severity"] != "information"]
    if case["what_is_wrong"] in QUIET:
        return ("false alarm" if alarms else "found"), True
    if case["what_is_wrong"] in UNDECIDED:
        return ("false alarm" if alarms else "found"), True
    found = [labels_of(each) for each in result["findings"]]
    if any(wanted & labels for labels in found):
        return "found", bool(wanted & found[0])
    return "missed", False


def table(rows, judged):
    lines = ["| label | listings | found | right one first | missed | false alarms |",
             "|---|--:|--:|--:|--:|--:|"]
    totals = collections.Counter()
    for label in sorted(rows):
        verdicts = rows[label]
        cells = [len(verdicts), sum(v == "found" for v, _ in verdicts),
                 sum(v == "found" and first for v, first in verdicts),
                 sum(v == "missed" for v, _ in verdicts),
                 sum(v == "false alarm" for v, _ in verdicts)]
        totals.update(dict(enumerate(cells)))
        lines.append(f"| {label} | " + " | ".join(map(str, cells)) + " |")
    lines.append("| **all** | " + " | ".join(str(totals[i]) for i in range(5)) + " |")
    return "\n".join([f"### {judged}", ""] + lines), totals


def page(tables, cases, unread):
    return f"""# Accuracy of `tcpdx diagnose --from`

Measured by `tools/accuracy.py` on {len(cases)} listings that people posted when something was wrong, each with what turned out
to be wrong. Written by `tools/accuracy.py TCPDX --write`; the numbers are those of that run. *Found*: a finding whose rule
stands for that label (the table is in the tool), at whatever severity. *Right one first*: and it is the first finding, or a
label that the same text supports as well is. *False alarm*: a warning or problem where nothing is wrong, or nothing of it
is in the text. The rules were written with these listings at hand, so on others they may do worse. Questions that the person asked beside the text (which port should work) are given as `--port` or `--wanted`.

{tables}

## Lines

{unread}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tcpdx")
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--cases", action="store_true")
    options = parser.parse_args()
    folder = corpus_folder(options.corpus)
    if folder is None:
        print("skipped: no text/cases.jsonl; set TCPDX_CORPUS to the folder that has it")
        return SKIPPED
    with open(folder / "text" / "cases.jsonl", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]

    groups = {True: collections.defaultdict(list), False: collections.defaultdict(list)}
    lines_read = lines_unread = 0
    for case in cases:
        result = diagnose(options.tcpdx, case)
        verdict = judge(case, result)
        groups[case["diagnosable_from_text"]][case["what_is_wrong"]].append(verdict)
        lines_read += result["paste"].get("lines", case["text"].count("\n") + 1)
        lines_unread += result["paste"].get("unread_lines", case["text"].count("\n") + 1)
        if options.cases:
            said = ", ".join(f"{each['rule']}({each['severity'][0]})" for each in result["findings"])
            mark = {"found": " ", "missed": "-", "false alarm": "!"}[verdict[0]]
            first = " " if verdict[1] else "~"
            print(f"{mark}{first} {case['id']:42} {case['what_is_wrong']:26} "
                  f"u{result['paste'].get('unread_lines', '?')} {said or result['status']}")

    first_table, totals = table(groups[True], "What the text alone can tell")
    second_table, _ = table(groups[False], "What it cannot")
    share = 100 * totals[1] / totals[0] if totals[0] else 0
    faulty = [verdict for label, verdicts in groups[True].items() if label not in QUIET
              for verdict, _ in verdicts]
    summary = (f"{totals[1]} of {totals[0]} listings that can be judged from their text are judged "
               f"right ({share:.1f} %), of those with a fault {faulty.count('found')} of "
               f"{len(faulty)}; {totals[4]} false alarms.")
    unread = f"{lines_unread} of {lines_read} lines were not understood; they are shown to the user."
    text = f"{summary}\n\n{first_table}\n\n{second_table}"
    print(f"{text}\n\n{unread}")
    if options.write:
        # What follows is measured by other tools and stays.
        before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        _, mark, captures = before.partition("<!-- capture: begin -->")
        kept = f"\n{mark}{captures}" if mark else ""
        PAGE.write_text(page(text, cases, unread) + kept, encoding="utf-8")
    alarms = totals[4]
    if options.check and (share < FOUND_AT_LEAST or alarms > FALSE_ALARMS_AT_MOST):
        print(f"below the limit of {FOUND_AT_LEAST} %, or a false alarm", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
