#!/usr/bin/env python3
"""Keeps po/ko.po in step with the texts in the source.

    tools/translations.py update   extract the texts, merge them into po/ko.po
    tools/translations.py check    fail when a translation loses a field; count what is missing
    tools/translations.py complete the same, and fail when a text is missing or not translated

The check also does what `msgfmt --check` cannot for our numbered fields ({0}, {1}): a translation
must use exactly the fields of its original, in any order, since a wrong one throws at run time.

The rules' pages (docs/rules/*.md) have translations beside them, in docs/rules/ko. What is code or a link
in a page is not translated, so both have to have the same of it: a page that was changed shows.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "po" / "ko.po"
RULES = ROOT / "docs" / "rules"
FIELD = re.compile(r"\{(\d+)[^}]*\}")


def extract(target):
    sources = sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*")
        if path.suffix in {".cpp", ".h"} and not path.name.endswith("_test.cpp")
    )
    subprocess.run(
        ["xgettext", "--language=C++", "--from-code=UTF-8", "--keyword=_", "--keyword=N_",
         "--keyword=NP_:1,2", "--no-wrap", "--sort-by-file", "--package-name=tcpdx",
         "--no-location", f"--output={target}"] + sources,
        cwd=ROOT, check=True)


def entries(path):
    """Yields (msgid, [msgstr, ...], fuzzy) of a catalogue, without its header."""
    text = subprocess.run(["msgcat", "--no-wrap", str(path)], check=True, capture_output=True,
                          text=True).stdout
    for block in text.split("\n\n"):
        strings = {}
        key = None
        fuzzy = False
        obsolete = False
        for line in block.splitlines():
            if line.startswith("#~"):
                obsolete = True
            if line.startswith("#,") and "fuzzy" in line:
                fuzzy = True
            match = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d+\])?) "(.*)"$', line)
            if match:
                key = match.group(1)
                strings[key] = match.group(2)
            elif line.startswith('"') and key:
                strings[key] += line[1:-1]
        if not obsolete and strings.get("msgid"):
            yield strings["msgid"], [v for k, v in strings.items() if k.startswith("msgstr")], fuzzy


def problems():
    with tempfile.TemporaryDirectory() as folder:
        template = pathlib.Path(folder) / "tcpdx.pot"
        extract(template)
        wanted = {msgid for msgid, _, _ in entries(template)}
    translated = {msgid: (strings, fuzzy) for msgid, strings, fuzzy in entries(CATALOGUE)}
    for msgid in sorted(wanted):
        strings, fuzzy = translated.get(msgid, ([""], False))
        if not all(strings) or fuzzy:
            yield False, f"not translated: {msgid}"
        for string in strings:
            if string and set(FIELD.findall(string)) != set(FIELD.findall(msgid)):
                yield True, f"other fields than the original: {msgid}"


def code_in(page):
    text = " ".join(page.read_text(encoding="utf-8").split())
    return set(re.findall(r"`([^`]+)`", text)) | set(re.findall(r"\]\(([^)]+)\)", text))


def pages_that_differ():
    for page in sorted(RULES.glob("*.md")):
        translation = RULES / "ko" / page.name
        if not translation.exists():
            yield f"not translated: docs/rules/{page.name}"
            continue
        for code in sorted(code_in(page) ^ code_in(translation)):
            yield f"in only one of docs/rules/{page.name} and its translation: {code}"


def main():
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    if action == "update":
        with tempfile.TemporaryDirectory() as folder:
            template = pathlib.Path(folder) / "tcpdx.pot"
            extract(template)
            subprocess.run(["msgmerge", "--update", "--no-fuzzy-matching", "--no-wrap",
                            "--backup=none", "--quiet", str(CATALOGUE), str(template)], check=True)
        return 0
    if action in {"check", "complete"}:
        subprocess.run(["msgfmt", "--check", "-o", "/dev/null", str(CATALOGUE)], check=True)
        found = list(problems()) + [(False, text) for text in pages_that_differ()]
        wrong = [text for harmful, text in found if harmful or action == "complete"]
        print("\n".join(wrong), file=sys.stderr)
        print(f"translations: {len(wrong)} problems, {len(found) - len(wrong)} not translated yet")
        return 1 if wrong else 0
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
