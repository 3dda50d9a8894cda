#!/usr/bin/env python3
"""Chooses the files of the fuzz corpus that together reach the most code, and deletes the others.

    fuzz/minimize.py FOLDER [--keep 180] [--delete]

FOLDER holds the built fuzzers `api`, `header` and `lists`. Without `--delete`, the script only prints what it would keep.

libFuzzer runs each file once and lists the edges of the control flow that it reaches. The script keeps every hand-written file: a file
whose name is not a hash. It then adds the file that reaches the most edges that no kept file reaches, until `--keep` files are kept. Of
two files that are equally good, it takes the smaller one, and then the first by name. So the same build and the same corpus give the
same choice.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ["api", "header", "lists"]


def edges_of_files(fuzzer, corpus):
    """Returns the edges that each file of `corpus` reaches."""
    with tempfile.TemporaryDirectory() as folder:
        control, empty = Path(folder) / "control", Path(folder) / "empty"
        empty.mkdir()
        # The set-cover merge lists all edges of each file, not only the new ones. Without counters, an edge counts once.
        options = ["-merge=1", "-set_cover_merge=1", "-use_counters=0", f"-merge_control_file={control}"]
        subprocess.run([fuzzer, *options, empty, corpus], check=True, stderr=subprocess.DEVNULL)
        lines = control.read_text().splitlines()
    files = [Path(line) for line in lines[2 : 2 + int(lines[0])]]
    edges = {file: frozenset() for file in files}
    for line in lines:
        if line.startswith("FT "):
            number, *found = map(int, line.split()[1:])
            edges[files[number]] = frozenset((corpus.name, edge) for edge in found)
    return edges


def choose(edges, most):
    """Returns the files to keep: those written by hand, and the best others up to `most` files."""
    kept = sorted(file for file in edges if not re.fullmatch("[0-9a-f]{40}", file.name))
    reached = set().union(*(edges[file] for file in kept))
    rest = {file: edges[file] for file in edges if file not in kept}
    while len(kept) < most:
        rest = {file: found - reached for file, found in rest.items() if found - reached}
        if not rest:
            break
        best = min(rest, key=lambda file: (-len(rest[file]), file.stat().st_size, file.name))
        kept.append(best)
        reached |= rest.pop(best)
    return kept, reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fuzzers", type=Path)
    parser.add_argument("--keep", type=int, default=180)
    parser.add_argument("--delete", action="store_true")
    arguments = parser.parse_args()
    edges = {}
    for target in TARGETS:
        edges |= edges_of_files(arguments.fuzzers / target, CORPUS / target)
    kept, reached = choose(edges, arguments.keep)
    for target in TARGETS:
        of_target = [file for file in edges if file.parent.name == target]
        total = len(set().union(*(edges[file] for file in of_target)))
        left = sum(1 for name, _ in reached if name == target)
        files = sum(file.parent.name == target for file in kept)
        print(f"{target}: {files} of {len(of_target)} files reach {left} of {total} edges ({left / total:.2%})")
    total = len(set().union(*edges.values()))
    print(f"all: {len(kept)} of {len(edges)} files reach {len(reached)} of {total} edges ({len(reached) / total:.2%})")
    if arguments.delete:
        for file in edges.keys() - set(kept):
            file.unlink()


main()
