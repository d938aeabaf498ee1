#!/usr/bin/env python3
"""Writes src/presentation/text/width_tables.h from Python's copy of the Unicode database.

wcwidth(3) would need an installed UTF-8 locale, and tcpdx has to line up its columns without one.
"""

import sys
import unicodedata

# Medial vowels and final consonants of conjoining Hangul join the syllable before them.
CONJOINING = [(0x1160, 0x11FF), (0xD7B0, 0xD7FB)]
SOFT_HYPHEN = 0x00AD


def is_zero_width(code):
    if any(first <= code <= last for first, last in CONJOINING):
        return True
    if code == SOFT_HYPHEN:
        return False
    return unicodedata.category(chr(code)) in {"Mn", "Me", "Cf"}


def is_wide(code):
    # Unassigned code points in the CJK planes are wide by UAX #11.
    in_planes = 0x20000 <= code <= 0x2FFFD or 0x30000 <= code <= 0x3FFFD
    return in_planes or unicodedata.east_asian_width(chr(code)) in {"W", "F"}


def ranges(belongs):
    found = []
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF or not belongs(code):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(name, belongs):
    rows = [f"{{0x{first:05X}, 0x{last:05X}}}" for first, last in ranges(belongs)]
    print(f"inline constexpr CodeRange {name}[] = {{")
    for start in range(0, len(rows), 4):
        print("    " + ", ".join(rows[start : start + 4]) + ",")
    print("};\n")


def main():
    print("#pragma once\n")
    print(f"// Unicode {unicodedata.unidata_version}, written by tools/make_width_tables.py. Not for editing.")
    print("// clang-format off\n")
    print("namespace tcpdx {\n")
    print("struct CodeRange {\n    char32_t first;\n    char32_t last;\n};\n")
    table("kZeroWidth", is_zero_width)
    table("kWide", lambda code: is_wide(code) and not is_zero_width(code))
    print("}  // namespace tcpdx\n\n// clang-format on")


if __name__ == "__main__":
    sys.exit(main())
