#!/usr/bin/env python3
"""Reads from the source pages of rustdoc which files of a crate name items of which others.

rustdoc links each name in its source pages to the definition that the compiler has found. The check of modules reads only the
syntax, so this is an independent reading.

    uses.py                  writes uses.json for the crate in `fixture/`
    uses.py compare CRATE…   compares `structure --uses CRATE` with rustdoc, for crates of the workspace; run it at the root

It needs rustdoc 1.95 and no nightly compiler.
"""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ["-Zunstable-options", "--generate-link-to-definition", "--document-private-items"]
UNSTABLE = {**os.environ, "RUSTC_BOOTSTRAP": "1"}


def code_lines(page):
    """Returns the lines of a source page as HTML, without the line numbers."""
    code = re.search(r"<pre class=\"rust\"><code>(.*?)</code></pre>", page, re.S).group(1)
    return re.sub(r"<a href=#\d+ id=\d+ data-nosnippet>\d+</a>", "", code).split("\n")


def without_re_exports(lines):
    """Removes the statements `pub use …;`. They pass names on and use nothing."""
    inside = False
    for line in lines:
        text = text_of(line)
        begins = re.match(r"\s*pub(\([^)]*\))? use\b", text) is not None
        inside = inside or begins
        yield "" if inside else line
        if inside and ";" in text:
            inside = False


def declares_module(line):
    return re.match(r"\s*(pub(\([^)]*\))? )?mod (r#)?\w+", text_of(line)) is not None


def text_of(code):
    return html.unescape(re.sub(r"<[^>]*>", "", code))


def uses(pages):
    """Returns {(file, other file): {"paths": lines, "methods": lines}} for the source pages below the folder `pages`."""
    found = {}
    files = {str(page.relative_to(pages)).removesuffix(".html"): page for page in sorted(pages.rglob("*.rs.html"))}
    code = {file: code_lines(page.read_text()) for file, page in files.items()}
    for file, page in files.items():
        for number, line in enumerate(without_re_exports(code[file]), 1):
            for link in re.finditer(r"<a [^>]*href=\"([^\"#]+\.rs\.html)#(\d+)", line):
                other = os.path.relpath(os.path.normpath(page.parent / link.group(1)), pages).removesuffix(".html")
                before = text_of(line[: link.start()]).rstrip()
                # The name of a module alone uses nothing.
                if other not in code or before.endswith("mod") or declares_module(code[other][int(link.group(2)) - 1]):
                    continue
                is_method = before.endswith(".") and not before.endswith("..")
                if file != other:
                    kinds = found.setdefault((file, other), {"paths": set(), "methods": set()})
                    kinds["methods" if is_method else "paths"].add(number)
    return found


def fixture():
    with tempfile.TemporaryDirectory() as folder:
        command = ["rustdoc", "src/lib.rs", "--crate-name", "fixture", "--edition", "2024", *FLAGS, "-o", folder]
        subprocess.run(command, cwd=HERE / "fixture", env=UNSTABLE, check=True)
        found = uses(Path(folder) / "src/fixture")
    rows = [[file, other, *(sorted(kinds[kind]) for kind in ("paths", "methods"))] for (file, other), kinds in found.items()]
    text = ",\n".join("  " + json.dumps(row) for row in sorted(rows))
    (HERE / "uses.json").write_text(f"[\n{text}\n]\n")


def compare(name):
    """Prints the uses that only one of the two readings has."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    command = ["cargo", "rustdoc", "-q", "--release", "--lib", "-p", name, "--", *FLAGS]
    subprocess.run(command, env=UNSTABLE, check=True)
    theirs = uses((target / "doc/src" / name.replace("-", "_")).resolve())
    command = ["cargo", "run", "-q", "--release", "-p", "structure", "--", "--uses", name]
    ours = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        file, other, lines = re.match(r"src/(\S+) uses src/(\S+): (.*)", line).groups()
        ours[(file, other)] = lines
    named = {edge for edge, kinds in theirs.items() if kinds["paths"]}
    both = named & ours.keys()
    print(f"{name}: {len(named)} uses by name in rustdoc, {len(ours)} in structure, {len(both)} in both")
    for edge in sorted(named - ours.keys()):
        print(f"  only rustdoc: {edge[0]} uses {edge[1]}: {sorted(theirs[edge]['paths'])}")
    for edge in sorted(ours.keys() - named):
        print(f"  only structure: {edge[0]} uses {edge[1]}: {ours[edge]}")


if sys.argv[1:2] == ["compare"]:
    for crate in sys.argv[2:]:
        compare(crate)
else:
    fixture()
