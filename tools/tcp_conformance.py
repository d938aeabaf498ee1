#!/usr/bin/env python3
"""Writes docs/tcp-conformance.md: each requirement with the tests that prove it.

Requirements are in docs/tcp-requirements.txt. A test says what it proves in a comment before it:
"// Proves: MUST-13, 6298-4". With --check nothing is written, and the exit status is 1 when the
page is not what would be written, or when a requirement of the core has no test.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "docs/tcp-requirements.txt"
PAGE = ROOT / "docs/tcp-conformance.md"
TESTS = ["src/wire/*_test.cpp", "src/endpoint/*_test.cpp", "tests/scenarios/packetdrill/*.pkt"]
PROVES = re.compile(r"// Proves: (.*)\n(?://.*\n)*\s*TEST(?:_F)?\((\w+),\s*(\w+)\)")


def read_requirements():
    """Sections of (id, scope, text); scope is core, api, or why it does not apply."""
    sections = []
    for number, line in enumerate(REQUIREMENTS.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            sections.append((line[1:-1], []))
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 3 or not sections:
            sys.exit(f"{REQUIREMENTS}:{number}: not \"ID | scope | text\"")
        sections[-1][1].append(fields)
    return sections


def read_proofs():
    proofs = collections.defaultdict(list)
    for pattern in TESTS:
        for path in sorted(ROOT.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(ROOT)
            if path.suffix == ".pkt":
                found = [(ids, path.stem) for ids in re.findall(r"// Proves: (.*)", text)]
            else:
                found = [(ids, f"{suite}.{test}") for ids, suite, test in PROVES.findall(text)]
                if len(found) != text.count("// Proves:"):
                    sys.exit(f"{name}: a \"Proves:\" that no test follows")
            for ids, test in found:
                for identity in ids.split(","):
                    proofs[identity.strip()].append((test, name))
    return proofs


def page_of(sections, proofs):
    """The page, and the requirements without a test."""
    lines = ["# TCP conformance of src/endpoint", "",
             "Written by tools/tcp_conformance.py from docs/tcp-requirements.txt and the tests."
             " Not for editing.",
             "What it answers beside the kernel, segment by segment: [tcp-beside-linux.md]"
             "(tcp-beside-linux.md).", ""]
    gaps, total, proved = [], 0, 0
    body = []
    for title, requirements in sections:
        body += [f"## {title}", "", "| | requirement | proved by |", "|---|---|---|"]
        for identity, scope, text in requirements:
            tests = proofs.get(identity, [])
            if tests:
                cell = "<br>".join(f"[{test}](../{path})" for test, path in tests)
            elif scope in ("core", "api"):
                cell = "**no test**"
                gaps.append((identity, scope))
            else:
                cell = f"does not apply: {scope}"
            counts = scope in ("core", "api")
            total += counts
            proved += counts and bool(tests)
            body.append(f"| {identity} | {text} | {cell} |")
        body.append("")
    lines += [f"{proved} of {total} requirements that apply are proved by a test.", ""]
    if gaps:
        lines += ["Without a test: " + ", ".join(identity for identity, _ in gaps) + ".", ""]
    return "\n".join(lines + body), gaps


def main(arguments):
    sections = read_requirements()
    proofs = read_proofs()
    known = {identity for _, requirements in sections for identity, _, _ in requirements}
    if unknown := sorted(set(proofs) - known):
        sys.exit(f"tests prove what is no requirement: {', '.join(unknown)}")
    page, gaps = page_of(sections, proofs)
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.name} is out of date: run tools/tcp_conformance.py", file=sys.stderr)
        return 1
    core_gaps = [identity for identity, scope in gaps if scope == "core"]
    if core_gaps:
        print(f"requirements without a test: {', '.join(core_gaps)}", file=sys.stderr)
    return 1 if core_gaps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
