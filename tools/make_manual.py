#!/usr/bin/env python3
"""Makes the manual pages: one of the program, and one per command, from what --help says.

usage: make_manual.py TCPDX TEMPLATE VERSION FOLDER
       make_manual.py TCPDX FOLDER --check

TEMPLATE is docs/man/tcpdx.1, which says what a list of options cannot; its lines .\\" SYNOPSIS, .\\" DESCRIPTION,
.\\" COMMANDS and .\\" OPTIONS are replaced. --check tells what --help has and the rendered pages have not.
"""

import pathlib
import re
import subprocess
import sys


def help_of(tcpdx, *command):
    return subprocess.run([tcpdx, "--lang", "en", *command, "--help"], check=True, capture_output=True, text=True).stdout


class Help:
    """The parts of a text of --help, as src/app/help_text.cpp forms it."""

    def __init__(self, text):
        self.description, self.usage, self.sections = "", "", {}
        entries = None
        for line in text.splitlines():
            if line.startswith("Usage: "):
                self.usage = line.removeprefix("Usage: ")
            elif heading := re.fullmatch(r"([A-Z][a-z]+):", line):
                entries = self.sections.setdefault(heading[1], [])
            elif entry := re.match(r"  (\S.*)", line):
                # Names and descriptions are apart by the column, or by a line of its own when the name is long.
                name, _, said = entry[1].partition("  ") if len(entry[1]) > 24 and entry[1][23] != " " else \
                    (entry[1][:24], "", entry[1][24:])
                entries.append([name.strip(), said.strip()])
            elif line.startswith(" ") and entries:
                entries[-1][1] = (entries[-1][1] + " " + line.strip()).strip()
            elif line and not self.usage:
                self.description = (self.description + " " + line).strip()


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("~", "\\(ti").replace("^", "\\(ha")
    return re.sub(r"^([.'])", r"\\&\1", text)


def sentence(text):
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def name_of_option(name):
    """Options bold, what they take in italics: "-w,--warning TEXT"."""
    options, _, value = name.partition(" ")
    if not options.startswith("-"):
        return f"\\fI{roff(name)}\\fR"
    bold = ", ".join(f"\\fB{roff(each)}\\fR" for each in options.split(","))
    return bold + (f" \\fI{roff(value)}\\fR" if value else "")


def entries_as_roff(entries):
    return "".join(f".TP\n{name_of_option(name)}\n{roff(sentence(said))}\n" for name, said in entries)


def synopsis_as_roff(usage):
    program, _, rest = usage.partition(" [") if " [" in usage else (usage, "", "")
    return f"\\fB{roff(program)}\\fR" + (f" \\fI{roff('[' + rest)}\\fR" if rest else "")


def heading(name, version):
    return f'.\\" Made from --help by tools/make_manual.py.\n.TH {name.upper()} 1 "" "tcpdx {version}" "User commands"\n'


def page_of_command(tcpdx, command, version):
    told = Help(help_of(tcpdx, command))
    page = heading(f"tcpdx\\-{command}", version)
    page += f".SH NAME\ntcpdx\\-{command} \\- {roff(told.description)}\n"
    below = [(name, Help(help_of(tcpdx, command, name))) for name, _ in told.sections.get("Commands", [])]
    usages = [told.usage] if not below else [each.usage for _, each in below]
    page += ".SH SYNOPSIS\n" + "\n.br\n".join(synopsis_as_roff(usage) for usage in usages) + "\n"
    page += f".SH DESCRIPTION\n{roff(sentence(told.description))}\n"
    for name, each in below:
        page += f".PP\n\\fBtcpdx {command} {name}\\fR: {roff(each.description)}.\n"
    for section, title in (("Arguments", "ARGUMENTS"), ("Options", "OPTIONS")):
        entries = [entry for each in [told, *(each for _, each in below)] for entry in each.sections.get(section, [])]
        unlike = [entry for index, entry in enumerate(entries) if entry not in entries[:index]]
        if unlike:
            page += f".SH {title}\n" + entries_as_roff(unlike)
    return page + ".SH SEE ALSO\n.BR tcpdx (1),\nwhich says more of this command, its exit status and the privileges it needs\n"


def main_page(tcpdx, template, version):
    told = Help(help_of(tcpdx))
    commands = told.sections["Commands"]
    usages = [told.usage, *(Help(help_of(tcpdx, name)).usage for name, _ in commands)]
    listed = "".join(f".TP\n\\fBtcpdx {roff(name)}\\fR\n{roff(sentence(said))}\nSee\n.BR tcpdx\\-{name} (1).\n"
                     for name, said in commands)
    parts = {"DESCRIPTION": roff(told.description) + "\n", "SYNOPSIS": "\n.br\n".join(synopsis_as_roff(usage) for usage in usages) + "\n",
             "COMMANDS": listed, "OPTIONS": entries_as_roff(told.sections["Options"])}
    page = heading("tcpdx", version) + template.split("\n", 1)[1]
    for name, text in parts.items():
        marked = f'.\\" {name}\n'
        if page.count(marked) != 1:
            sys.exit(f"the template has no line {marked}")
        page = page.replace(marked, text)
    return page


def make(tcpdx, template, version, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tcpdx.1").write_text(main_page(tcpdx, template.read_text(encoding="utf-8"), version), encoding="utf-8")
    for name, _ in Help(help_of(tcpdx)).sections["Commands"]:
        (folder / f"tcpdx-{name}.1").write_text(page_of_command(tcpdx, name, version), encoding="utf-8")


def rendered(page):
    shown = subprocess.run(["man", "--warnings=w", "-l", str(page)], check=True, capture_output=True, text=True,
                           env={"PATH": "/usr/bin:/bin", "MANWIDTH": "300", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    return re.sub(r"\s+", "", re.sub(r".\x08", "", shown.stdout)).replace("‐", "-").replace("−", "-"), shown.stderr


def check(tcpdx, folder):
    """Every word of --help is in the pages, and man has nothing to say against them."""
    missing = []
    commands = [[]] + [[name] for name, _ in Help(help_of(tcpdx)).sections["Commands"]]
    for command in commands:
        page, complaints = rendered(folder / ("-".join(["tcpdx", *command]) + ".1"))
        if complaints:
            missing.append(f"{command}: man says {complaints}")
        texts = [help_of(tcpdx, *command)]
        if below := [name for name, _ in Help(texts[0]).sections.get("Commands", []) if command]:
            texts[0] = texts[0].replace("Usage: ", "\n\nUsage: ").split("\n\n")[0]
            texts += [help_of(tcpdx, *command, name) for name in below]
        for line in "\n".join(texts).splitlines():
            # A sentence begins with a capital letter there.
            for piece in re.split(r"\s{2,}", line.strip()):
                words = re.sub(r"\s+", "", piece).replace("Usage:", "")
                if not words.endswith(":") and words.lower().replace(",--", ",--") not in page.lower():
                    missing.append(f"{command}: {piece}")
    for each in missing:
        print(f"not in the manual: {each}")
    return 1 if missing else 0


if __name__ == "__main__":
    if sys.argv[-1] == "--check":
        sys.exit(check(sys.argv[1], pathlib.Path(sys.argv[2])))
    make(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4]))
