"""The schemas of docs/json.md, read from its tables, and checks of documents against them."""

import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "json.md"
STATES = {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
          "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}


def words_in(cell):
    return re.findall(r"`([^`]+)`", cell)


def section(name):
    """The lines of a schema's chapter."""
    text = PAGE.read_text(encoding="utf-8")
    return text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0].splitlines()


def rows(lines):
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `"):
            # A "|" at the end of the line closes an empty last cell.
            yield cells


def objects(schema):
    """{object: {key: (type, optional)}} of a schema that is written as one table per object."""
    found = {}
    lines = section(schema)
    starts = [i for i, line in enumerate(lines) if line.startswith("### ")]
    for start, end in zip(starts, starts[1:] + [len(lines)]):
        keys = {}
        for cells in rows(lines[start:end]):
            assert len(cells) == 4, f"{schema}: {cells}"
            names, kind, _, absent = cells
            for name in words_in(names):
                assert name not in keys, f"{schema}: {name} is described twice"
                keys[name] = (kind, absent != "")
        found[lines[start][4:].strip()] = keys
    assert found, f"no tables for {schema}"
    return found


def listed_fields():
    """{field: (words or None, optional)} of tcpdx.list/1, which has one flat table."""
    fields = {}
    for names, values, absent in rows(section("tcpdx.list/1")):
        for name in words_in(names):
            fields[name] = (values, absent != "")
    return fields


class Checker:
    """Holds a document against the tables, and remembers which keys it has seen."""

    def __init__(self, *schemas):
        self.objects = {}
        for schema in schemas:  # the first wins: it may use objects of the others
            for name, keys in objects(schema).items():
                self.objects.setdefault(name, dict(keys))
        if "listener" in self.objects:
            self.objects["listener"].update(self.objects["socket"])
        self.seen = set()
        self.problems = []

    def check(self, value, kind="document", where="document"):
        if kind.startswith("list of "):
            if self.expect(isinstance(value, list), where, "is no list"):
                for index, item in enumerate(value):
                    self.check(item, kind[8:], f"{where}[{index}]")
        elif kind.startswith("map of "):
            if self.expect(isinstance(value, dict), where, "is no object"):
                for key, item in value.items():
                    self.check(item, kind[7:], f"{where}.{key}")
        elif kind in ("text", "name"):
            self.expect(isinstance(value, str), where, "is no string")
        elif kind == "number":
            self.expect(isinstance(value, (int, float)) and not isinstance(value, bool), where,
                        "is no number")
        elif kind == "boolean":
            self.expect(isinstance(value, bool), where, "is no boolean")
        elif kind == "document of another schema":
            self.expect(isinstance(value, dict) and "schema" in value, where, "is no document")
        elif kind.startswith("`"):
            self.expect(value in words_in(kind), where, f"is {value!r}, not one of {kind}")
        elif self.expect(kind in self.objects, where, f"has the unknown type {kind}"):
            self.check_object(value, kind, where)

    def check_object(self, value, kind, where):
        if not self.expect(isinstance(value, dict), where, "is no object"):
            return
        keys = self.objects[kind]
        for key, item in value.items():
            if self.expect(key in keys, where, f"has {key}, which is not documented"):
                self.seen.add((kind, key))
                self.check(item, keys[key][0], f"{where}.{key}")
        for key, (_, optional) in keys.items():
            self.expect(optional or key in value, where, f"lacks {key}")

    def expect(self, truth, where, complaint):
        if not truth:
            self.problems.append(f"{where} {complaint}")
        return truth
