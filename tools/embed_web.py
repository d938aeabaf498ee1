#!/usr/bin/env python3
"""Writes the files of a built page as C++: embed_web.py DIST OUTPUT.cpp

They are compressed here once, so that the server never compresses. Without DIST, or where there is
none, the list is empty.
"""

import gzip
import hashlib
import pathlib
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def web_path(file, dist):
    path = "/" + file.relative_to(dist).as_posix()
    return "/" if path == "/index.html" else path


def array_of(name, content):
    rows = (content[at : at + 24] for at in range(0, len(content), 24))
    lines = ",\n    ".join(", ".join(str(byte) for byte in row) for row in rows)
    return f"constexpr unsigned char {name}[] = {{\n    {lines}}};\n"


def main(dist, output):
    files = sorted(path for path in dist.rglob("*") if path.is_file()) if dist and dist.is_dir() else []
    arrays, entries = [], []
    for index, file in enumerate(files):
        content = file.read_bytes()
        # No time in it: the same sources make the same program.
        packed = gzip.compress(content, 9, mtime=0)
        path = web_path(file, dist)
        arrays.append(array_of(f"kFile{index}", packed))
        etag = hashlib.sha256(content).hexdigest()[:20]
        immutable = "true" if path.startswith("/assets/") else "false"
        entries.append(
            f'        {{"{path}", "{CONTENT_TYPES[file.suffix]}", std::as_bytes(std::span(kFile{index})), '
            f'"\\"{etag}\\"", {immutable}}},\n'
        )
    listed = "".join(entries)
    body = (
        f"    static const Asset kAssets[] = {{\n{listed}    }};\n    return kAssets;\n"
        if entries
        else "    return {};\n"
    )
    output.write_text(
        "// Written by tools/embed_web.py. Not for editing.\n"
        '#include "presentation/web/assets.h"\n\n'
        "namespace tcpdx::web {\nnamespace {\n\n" + "\n".join(arrays) + "\n}  // namespace\n\n"
        "std::span<const Asset> assets() {\n" + body + "}\n\n}  // namespace tcpdx::web\n"
    )
    total = sum(len(gzip.compress(file.read_bytes(), 9, mtime=0)) for file in files)
    print(f"web page: {len(files)} files, {total / 1000:.1f} kB compressed" if files else "web page: left out")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if sys.argv[1] else None, pathlib.Path(sys.argv[2]))
